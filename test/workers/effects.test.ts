import { describe, expect, it } from 'vitest';
import { EFFECTS, type EffectName } from '../../src/domain/effect.ts';
import { FailbackError } from '../../src/domain/failure.ts';
import { EnabledState, RequestedState } from '../../src/domain/power.ts';
import type { CallControl } from '../../src/hyperv/hyperv-host.ts';
import type { EffectContext, EffectParameters } from '../../workers/effect.ts';
import { parametersOf } from '../../workers/effect-parameters.ts';
import { CannotLogOn } from '../../workers/host-connections.ts';
import { EFFECT_REGISTRY } from '../../workers/registry.ts';
import { AWAY, HOME, HOUR, pair, replicatingHome, type Scene, scenes, soon } from '../hyperv/suite/scene.ts';
import { basic, failureOf, hostAt } from '../hyperv/wsman/hosts.ts';
import { member } from '../machines/support/facts.ts';

const start = scenes({ open: ({ name, url, username, password }) => hostAt(url, { name, logOn: basic(username, password) }) });

function contextOf(scene: Scene, effect: EffectName, at: string, parameters: Partial<EffectParameters> = {}): EffectContext {
  const partner = at === HOME ? AWAY : HOME;
  return {
    host: scene.host(at),
    partner: { name: partner, reach: async () => scene.host(partner) },
    member: { ...member(), vm: 'pair', vmId: scene.idOf('pair', at), host: at },
    input: { effect, side: 'home', host: at, partner, attempt: 1, jobId: null, fenced: false },
    parameters: { ...parametersOf(member(), { fenced: false, side: 'home' }), ...parameters },
    settings: null,
  };
}

function run(effect: EffectName, context: EffectContext, control: CallControl = soon()) {
  return EFFECT_REGISTRY[effect].run(context, control);
}

it('every effect is registered by its own name', () => {
  expect(EFFECTS.map((name) => EFFECT_REGISTRY[name].name)).toEqual(EFFECTS);
});

describe.each(['startVirtualMachine', 'initiateFailover'] as const)('before %s', (effect) => {
  const check = async (scene: Scene, more: Partial<EffectContext> = {}, parameters: Partial<EffectParameters> = {}) =>
    EFFECT_REGISTRY[effect].precheck?.({ ...contextOf(scene, effect, HOME, parameters), ...more });

  it('the other copy must be seen off', async () => {
    const scene = await start(pair({ vms: [{ ...pair().vms?.[0], power: EnabledState.Off }] }));
    await expect(check(scene)).resolves.toBeUndefined();
  });

  it.each([EnabledState.Running, EnabledState.Saved, EnabledState.Paused])(
    'power %d of the other copy is in the way, whatever was confirmed',
    async (power) => {
      const scene = await start(pair({ vms: [{ ...pair().vms?.[0], power }] }));
      for (const fenced of [false, true]) {
        expect(await failureOf(check(scene, {}, { fenced }))).toMatchObject({
          code: 'partner.running',
          class: 'retryable',
          message: expect.stringContaining(AWAY),
          details: { power, sent: false },
        });
      }
    },
  );

  it('a partner that does not answer is in the way, unless its fencing was confirmed', async () => {
    const scene = await start(pair({ events: [{ host: AWAY, what: 'unreachable', at: 60, for: 600 }] }));
    scene.clock.advance(70_000);
    scene.simulator.world.settle();
    expect(await failureOf(check(scene))).toMatchObject({ code: 'partner.unseen', class: 'retryable', details: { sent: false } });
    await expect(check(scene, {}, { fenced: true })).resolves.toBeUndefined();
  });

  it('a partner this process can not log on to is for a process that can, unless its fencing was confirmed', async () => {
    const scene = await start(pair());
    const lacking = new CannotLogOn(new FailbackError({ class: 'operator', code: 'secret.missing', message: 'no password' }));
    const partner = { name: AWAY, reach: () => Promise.reject(lacking) };
    await expect(check(scene, { partner })).rejects.toBe(lacking);
    await expect(check(scene, { partner }, { fenced: true })).resolves.toBeUndefined();
  });

  it('a copy that is not on the host may be on another node', async () => {
    const scene = await start(pair());
    const elsewhere = { ...member(), vm: 'pair', vmId: '00000000-0000-4000-8000-000000000000' };
    expect(await failureOf(check(scene, { member: elsewhere }))).toMatchObject({ code: 'partner.unseen' });
    await expect(check(scene, { member: elsewhere }, { fenced: true })).resolves.toBeUndefined();
  });

  it('nobody is asked where there is no other copy', async () => {
    const scene = await start(pair());
    await expect(check(scene, { partner: null })).resolves.toBeUndefined();
  });
});

describe('shutDownGuest', () => {
  it('needs a person, or force, where somebody has locked the guest', async () => {
    const scene = await start(pair({ quirks: { vms: { guestLocked: true } } }));
    expect(await failureOf(run('shutDownGuest', contextOf(scene, 'shutDownGuest', AWAY)))).toMatchObject({
      code: 'vm.guest-locked',
      class: 'operator',
      details: { returnValue: 32781 },
    });
    const forced = { shutdown: { force: true, reason: 'goes home' } };
    expect(await run('shutDownGuest', contextOf(scene, 'shutDownGuest', AWAY, forced))).toEqual({ returnValue: 0, jobId: null });
  });
});

describe('the effects of a drill', () => {
  const tested = async (): Promise<Scene> => {
    const scene = await start(pair());
    await replicatingHome(scene);
    await run('testReplicaSystem', contextOf(scene, 'testReplicaSystem', HOME));
    scene.clock.advance(60_000);
    return scene;
  };

  it('report like all others: return value and job', async () => {
    const scene = await start(pair());
    await replicatingHome(scene);
    const output = await run('testReplicaSystem', contextOf(scene, 'testReplicaSystem', HOME));
    expect(output).toEqual({ returnValue: 4096, jobId: expect.any(String) });
    expect(EFFECT_REGISTRY.testReplicaSystem.output.parse(output)).toEqual(output);
  });

  it('start the test replica, not the machine it was made from', async () => {
    const scene = await tested();
    expect((await run('startTestSystem', contextOf(scene, 'startTestSystem', HOME))).returnValue).toBe(4096);
    scene.clock.advance(60_000);
    const testVmId = (await scene.host(HOME).testReplicaOf(scene.idOf('pair'))) ?? '';
    expect((await scene.host(HOME).powerOf(testVmId))?.power).toBe(EnabledState.Running);
    expect((await scene.host(HOME).powerOf(scene.idOf('pair')))?.power).toBe(EnabledState.Off);
  });

  it('start nothing where there is no test replica', async () => {
    const scene = await start(pair());
    expect(await failureOf(run('startTestSystem', contextOf(scene, 'startTestSystem', HOME)))).toMatchObject({
      code: 'vm.not-found',
      class: 'retryable',
      details: { sent: false },
    });
  });

  it('turn a test replica off before they delete it, in the next attempt if that takes longer; then there is nothing left to do', async () => {
    const scene = await tested();
    const home = scene.host(HOME);
    const testVmId = (await home.testReplicaOf(scene.idOf('pair'))) ?? '';
    await home.requestStateChange(testVmId, RequestedState.Start, soon());
    scene.clock.advance(60_000);
    const context = contextOf(scene, 'destroyTestSystem', HOME);
    // The clock of the host stands still, so the machine can not be off in time.
    expect(await failureOf(run('destroyTestSystem', context, soon({ sendBy: performance.now() + 1_000 })))).toMatchObject({
      code: 'host.busy',
      class: 'retryable',
      details: { sent: false },
    });
    scene.clock.advance(60_000);
    expect((await home.powerOf(testVmId))?.power).toBe(EnabledState.Off);
    expect((await run('destroyTestSystem', context)).returnValue).toBe(4096);
    scene.clock.advance(HOUR);
    expect(await home.powerOf(testVmId)).toBeNull();
    expect(await run('destroyTestSystem', context)).toEqual({ returnValue: 0, jobId: null });
    expect(await home.powerOf(scene.idOf('pair'))).not.toBeNull();
  });
});
