import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { virsh, virshAt } from './programs.ts';

let simulator: Simulator;
let port: string;

beforeAll(async () => {
  const v1Numbers = { showPowerAs: { '9': 32768, '6': 32769 } };
  const vms = [
    { names: ['web-001'], mode: 0, power: 2 },
    { names: ['web-002'], mode: 0, power: 2, quirks: v1Numbers },
    { names: ['web-003'], mode: 0, power: 2, quirks: { guestLocked: true } },
  ];
  simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, speed: 100, password: 'Passw0rd!', scenario: { vms } });
  port = new URL(simulator.hosts[0]?.url ?? '').port;
});
afterAll(() => simulator.close());

const say = (command: string) => virshAt(port, ...command.split(' '));
const state = async (name: string) => (await say(`domstate ${name}`)).trim();
const refused = (stderr: string) => ({ stderr: expect.stringContaining(stderr) });
const processId = async (name: string) => (await say(`domid ${name}`)).trim();
/** Host milliseconds since the machine was last switched on. */
const uptime = (name: string): number => {
  const { vms, world } = simulator.world.host('hv-dr-01');
  const since = [...vms.values()].find((vm) => vm.name === name)?.poweredSince ?? Number.NaN;
  return world.now() - since;
};
/** Until the guest answers. */
const booted = (name: string) => expect.poll(() => uptime(name), { timeout: 20_000 }).toBeGreaterThan(30_000);

describe.skipIf(!virsh.found)(virsh.title, () => {
  it.each([
    ['reset', 'was reset'],
    ['reboot', 'is being rebooted'],
  ])('%s: the machine starts anew', async (command, printed) => {
    await booted('web-001');
    expect(await say(`${command} web-001`)).toContain(printed);
    expect(uptime('web-001')).toBeLessThan(30_000);
    await expect.poll(() => state('web-001'), { timeout: 20_000 }).toBe('running');
    expect(await processId('web-001')).toMatch(/^\d+$/);
  });

  it('shuts a guest down once it answers, and no second time', async () => {
    await say('reset web-001');
    await expect(say('shutdown web-001')).rejects.toMatchObject(refused('32780'));
    await booted('web-001');
    expect(await say('shutdown web-001')).toContain('is being shutdown');
    await expect.poll(() => state('web-001'), { timeout: 20_000 }).toBe('shut off');
    await expect(say('shutdown web-001')).rejects.toMatchObject(refused('not active'));
    await expect(say('reset web-001')).rejects.toMatchObject(refused('not active'));
  });

  it('is told that a locked guest needs force', async () => {
    await booted('web-003');
    await expect(say('shutdown web-003')).rejects.toMatchObject(refused('32781'));
    expect(await state('web-003')).toBe('running');
  });

  it('sends keys to a machine that runs; a screenshot is a fault it can print', async () => {
    await say('send-key web-003 KEY_LEFTCTRL KEY_A');
    await expect(say('screenshot web-003')).rejects.toMatchObject(refused('Msvm_S3DisplayController'));
  });

  it('knows the v2 numbers of a paused machine when it resumes it, and the v1 numbers when it names the state', async () => {
    await say('suspend web-003');
    await expect.poll(() => state('web-003'), { timeout: 20_000 }).toBe('no state');
    expect(await say('resume web-003')).toContain('resumed');
    await say('suspend web-002');
    await expect.poll(() => state('web-002'), { timeout: 20_000 }).toBe('paused');
    await expect(say('resume web-002')).rejects.toMatchObject(refused('Domain is not paused'));
  });

  it('names a machine saved whose state has the v1 number', async () => {
    await say('managedsave web-002');
    await expect.poll(() => say('list --all --managed-save'), { timeout: 20_000 }).toMatch(/web-002 +saved\n/);
    expect(await state('web-002')).toBe('shut off');
    expect(await say('dominfo web-002')).toMatch(/Managed save: +yes\n/);
    expect(await say('start web-002')).toContain('started');
  });
});
