import { describe, type ExpectStatic, test } from 'vitest';
import type { MemberSettings } from '../../src/domain/member.ts';
import { commandMembers, fenceMember } from '../../src/runtime/commands.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import type { MemberView } from '../../src/runtime/run-view.ts';
import type { SimulatedPair } from '../../src/simulator/world/population.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import type { StageName } from '../../src/simulator/world/stage.ts';
import { useRedis } from '../support/redis.ts';
import { eventually, quickSettings, runHosts } from '../support/system.ts';
import { type HeldClock, heldClock } from './support/held-clock.ts';
import { AWAY, acceptedCalls, expectAllHome, FROM, HOME, pairsIn, sentTwice, standing, WAY_BACK } from './support/pairs.ts';
import { type Defer, type Stage, setStage } from './support/stage.ts';

const { redis } = useRedis({ keep: true });

/** A port nobody listens at. */
const CLOSED = { kind: 'tcp', address: '127.0.0.1:1' } as const;
const HOUR = 3_600_000;

interface Play {
  readonly stage: Stage;
  readonly run: string;
  readonly pair: SimulatedPair;
  member(): Promise<MemberView>;
  /** Waits until the only member is in such a state. */
  until(holds: (member: MemberView) => boolean): Promise<MemberView>;
}

/** One pair in a starting state, its run, and a worker. */
async function play(
  defer: Defer,
  from: StageName,
  reverse: Partial<MemberSettings['reverse']> = {},
  {
    scenario,
    settings,
    clock,
  }: { readonly scenario?: ScenarioInput; readonly settings?: Partial<MemberSettings>; readonly clock?: HeldClock } = {},
): Promise<Play> {
  const stage = await setStage(redis, defer, { ...pairsIn([from], scenario), ...(clock ? { clock } : {}) });
  await stage.startWorker();
  const run = await stage.createRun({ settings: { ...settings, strategy: 'reverse', reverse: { ...quickSettings.reverse, ...reverse } } });
  const member = async () => (await stage.members(run))[0] as MemberView;
  return {
    stage,
    run,
    pair: stage.simulator.pairs[0] as SimulatedPair,
    member,
    until: (holds) =>
      eventually(async () => {
        const now = await member();
        return holds(now) && now;
      }),
  };
}

async function home({ stage, run }: Play, check: ExpectStatic): Promise<void> {
  check((await stage.untilFinished(run)).counts.completed).toBe(1);
  expectAllHome(stage, check);
}

describe.concurrent('the shutdown away', () => {
  const hangs = { scenario: { quirks: { vms: { shutdownHangs: true } } } };

  test('of a guest that hangs is a matter for a person where the plan does not permit to turn it off', async ({
    onTestFinished,
    expect: check,
  }) => {
    const it = await play(onTestFinished, 'replicating', { shutdown: { within: 1_000, turnOff: false } }, hangs);
    const { failure, state } = await it.until(({ status }) => status === 'attention');
    check([state, failure]).toMatchObject([
      'shutdown: needsOperator',
      { code: 'deadline.passed', message: check.stringContaining('InitiateShutdown') },
    ]);
    it.stage.simulator.world.setPower(it.stage.simulator.world.host(it.pair.away).vms.get(it.pair.id) as never, 3);
    await commandMembers(it.stage.runtime, it.run, ['m0'], 'retry', null);
    await home(it, check);
  });

  test('of a guest that hangs is ended by a hard power-off where the plan permits it', async ({ onTestFinished, expect: check }) => {
    const it = await play(onTestFinished, 'replicating', { shutdown: { within: 1_000, turnOff: true } }, hangs);
    check((await it.stage.untilFinished(it.run)).counts.completed).toBe(1);
    const [first = '', ...rest] = FROM.replicating?.calls ?? [];
    check(acceptedCalls(it.stage, it.pair)).toEqual([first, 'away RequestStateChange 3', ...rest]);
    check(standing(it.stage, it.pair)).toEqual(HOME);
    check(it.stage.ledger.bothSidesRunning).toEqual([]);
  });
});

describe.concurrent('a partner out of sight', () => {
  /**
   * The failover waits for a backup of the copy at home; when it is over, the away host has just gone out of sight, which only the last
   * look of the worker can show.
   */
  async function lost(defer: Defer): Promise<Play & { readonly clock: HeldClock; readonly back: () => void }> {
    const clock = heldClock();
    const events = [{ vm: '*', host: 'hv-mi-01', what: 'backup' as const, at: 0, for: 60 }];
    const it = await play(defer, 'prepared', { unseen: 1_000 }, { scenario: { events }, clock });
    await it.until(({ state, failure }) => state === 'failover: checking' && failure !== null);
    it.stage.simulator.world.host(it.pair.away).disconnect(HOUR);
    clock.advance(120_000);
    const back = () => {
      clock.letGo();
      clock.advance(HOUR);
      it.stage.simulator.world.settle();
    };
    return { ...it, clock, back };
  }

  test('is noticed by the last look of the worker: nothing is called, a person is asked, and it goes on by itself when the host is back', async ({
    onTestFinished,
    expect: check,
  }) => {
    const it = await lost(onTestFinished);
    const { failure, state } = await it.until(({ status }) => status === 'attention');
    check([state, failure]).toMatchObject(['failover: unseen', { code: 'partner.unseen', message: check.stringContaining(it.pair.away) }]);
    const states: string[] = [];
    for await (const { to } of readJournal(redis, it.stage.keys, it.run)) states.push(to);
    check(states).toEqual(check.arrayContaining(['failover: calling', 'failover: backingOff', 'failover: unseen']));
    check(it.stage.ledger.calls.map(({ method }) => method)).not.toContain('InitiateFailover');
    it.back();
    await home(it, check);
  });

  test('no more keeps the VM from its failover and its start when a person fenced it and typed its name', async ({
    onTestFinished,
    expect: check,
  }) => {
    const it = await lost(onTestFinished);
    await it.until(({ status }) => status === 'attention');
    const { stage, run, pair, clock } = it;
    check(await fenceMember(stage.runtime, run, 'm0', 'another-vm', null)).toBe(false);
    // Taken once the other side was seen since the question was asked.
    await eventually(() => fenceMember(stage.runtime, run, 'm0', pair.name, 'power cable pulled'));
    const called = (words: string) => eventually(async () => acceptedCalls(stage, pair).includes(words));
    await called('home InitiateFailover');
    clock.advance(60_000);
    await called('home RequestStateChange 2');
    clock.advance(60_000);
    await it.until(({ context }) => context.homeAt !== null);
    check(acceptedCalls(stage, pair)).toEqual(FROM.prepared?.calls.slice(0, 2));
    it.back();
    await home(it, check);
  });
});

describe.concurrent('a VM that was started at home', () => {
  const settings = { probes: [CLOSED], probing: { within: 1_000, every: 200 } };

  test('and does not pass its probes runs away again where the plan says rollback, and the member tells why', async ({
    onTestFinished,
    expect: check,
  }) => {
    const it = await play(onTestFinished, 'replicating', { commit: 'rollback' }, { settings });
    check((await it.stage.untilFinished(it.run)).counts.failed).toBe(1);
    check(standing(it.stage, it.pair)).toEqual(AWAY);
    check(acceptedCalls(it.stage, it.pair)).toEqual([...(FROM.replicating?.calls.slice(0, -1) ?? []), ...WAY_BACK]);
    check((await it.member()).failure).toMatchObject({ code: 'verify.failed', message: check.stringContaining('127.0.0.1:1') });
    check(it.stage.ledger.bothSidesRunning).toEqual([]);
  });

  test('and does not pass its probes is left to a person where the plan says commit', async ({ onTestFinished, expect: check }) => {
    const it = await play(onTestFinished, 'replicating', { commit: 'commit' }, { settings });
    const { failure } = await it.until(({ status }) => status === 'attention' || status === 'failed');
    check(failure).toMatchObject({ code: 'verify.failed' });
    check(acceptedCalls(it.stage, it.pair)).toEqual(FROM.replicating?.calls.slice(0, -1));
  });

  test('waits for approval where the plan leaves the commit to a person', async ({ onTestFinished, expect: check }) => {
    const it = await play(onTestFinished, 'replicating', { commit: 'none' });
    check((await it.until(({ status }) => status === 'attention')).failure).toMatchObject({ code: 'approval.needed' });
    check((await it.member()).context.homeAt).not.toBeNull();
    check((await commandMembers(it.stage.runtime, it.run, ['m0'], 'approve', 'looks good')).accepted).toEqual(['m0']);
    await home(it, check);
  });

  test('and waits for approval runs away again when it is cancelled', async ({ onTestFinished, expect: check }) => {
    const it = await play(onTestFinished, 'replicating', { commit: 'none' });
    await it.until(({ status }) => status === 'attention');
    await commandMembers(it.stage.runtime, it.run, ['m0'], 'cancel', null);
    check((await it.stage.untilFinished(it.run)).counts.cancelled).toBe(1);
    check(standing(it.stage, it.pair)).toEqual(AWAY);
    check(it.stage.ledger.bothSidesRunning).toEqual([]);
  });
});

test.concurrent('cancelled while it is failed over home, a VM runs away again when that is over', async ({
  onTestFinished,
  expect: check,
}) => {
  const faults = [{ method: 'InitiateFailover', do: { stuck: { atPercent: 50, seconds: 1_200 } } }];
  const it = await play(onTestFinished, 'replicating', {}, { scenario: { faults } });
  await it.until(({ state }) => state.startsWith('failover: tracking'));
  await commandMembers(it.stage.runtime, it.run, ['m0'], 'cancel', null);
  check((await it.stage.untilFinished(it.run)).counts.cancelled).toBe(1);
  check(standing(it.stage, it.pair)).toEqual(AWAY);
  check(acceptedCalls(it.stage, it.pair)).toEqual([...(FROM.replicating?.calls.slice(0, 3) ?? []), ...WAY_BACK.slice(1)]);
});

test.concurrent('backups that hold the lock of a VM on either side are waited for', async ({ onTestFinished, expect: check }) => {
  const events = [0, 400, 900, 1_500].flatMap((at) => [
    { vm: '*', host: 'hv-mi-01', what: 'backup' as const, at, for: 300 },
    { vm: '*', host: 'hv-dr-01', what: 'backup' as const, at: at + 200, for: 300 },
  ]);
  const { stage, run, pair } = await play(onTestFinished, 'failed-over', {}, { scenario: { events } });
  check((await stage.untilFinished(run)).counts.completed).toBe(1);
  check(standing(stage, pair)).toEqual(HOME);
  // A backup that begins after the last look breaks a reversal off that was accepted: its job fails, and only then it is made again.
  const calls = [...acceptedCalls(stage, pair)];
  for await (const { to } of readJournal(redis, stage.keys, run)) {
    if (to === 'reverse: backingOff') calls.splice(calls.indexOf('away ReverseReplicationRelationship'), 1);
  }
  check(calls).toEqual(FROM['failed-over']?.calls);
  check(sentTwice(stage)).toEqual([]);
  check(stage.simulator.world.incidents).toEqual([]);
});

test.concurrent('a reversal the home host refuses for want of an authorisation entry is a matter for a person, in words', async ({
  onTestFinished,
  expect: check,
}) => {
  const quirks = { hosts: { authorizedPrimaries: ['somebody-else.example.net'] } };
  const it = await play(onTestFinished, 'home-is-replica', {}, { scenario: { quirks } });
  const { failure, state } = await it.until(({ status }) => status === 'attention' || status === 'failed');
  check([state, failure]).toMatchObject([
    'reverse: needsOperator',
    { class: 'operator', message: check.stringMatching(/authorization entry/) },
  ]);
});

test('where replication is authenticated by certificates, the reversal names the one of the host that sends from then on', async ({
  onTestFinished,
  expect: check,
}) => {
  const certificate = (certificateThumbPrint: string) => ({ authentication: 'certificate' as const, certificateThumbPrint });
  const stage = await setStage(redis, onTestFinished, {
    vms: 1,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr', quirks: certificate('BB') },
        { name: 'hv-mi-01', role: 'home', quirks: certificate('AA') },
      ],
      vms: [{ stage: 'home-is-replica', names: ['sql01'], sizeGB: 8 }],
    },
  });
  const own: Readonly<Record<string, string>> = { 'hv-dr-01': 'BB', 'hv-mi-01': 'AA' };
  const hosts = runHosts(stage.simulator).map((host) => ({ ...host, certificate: own[host.name] as string }));
  await stage.startWorker();
  const run = await stage.createRun({ settings: { strategy: 'reverse' }, hosts });
  const view = await stage.untilFinished(run);
  check((await stage.members(run))[0]?.failure).toBeNull();
  check(view.counts.completed).toBe(1);
});
