import { afterEach, describe, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import type { WsmanHostOptions } from '../../../src/hyperv/wsman/wsman-host.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { basic, failureOf, hostAt } from './hosts.ts';

let simulator: Simulator;
const opened: HyperVHost[] = [];

async function start(
  scenario: Exclude<SimulatorOptions['scenario'], string | undefined>,
  options: Partial<SimulatorOptions> = {},
): Promise<void> {
  simulator = await startSimulator({ hosts: 1, vms: 1, seed: 7, clock: manualClock(), scenario, ...options });
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((host) => host.close()));
  await simulator.close();
});

function connect(index = 0, options: Partial<WsmanHostOptions> = {}): HyperVHost {
  const served = simulator.hosts[index];
  if (served === undefined) throw new Error(`no host ${index}`);
  const { username, password } = served;
  const host = hostAt(served.url, { name: served.name, logOn: basic(username, password), ...options });
  opened.push(host);
  return host;
}

describe('against a simulated host', () => {
  it('pages through a host whose envelopes are small', async () => {
    await start({ vms: [{ count: 150 }], quirks: { hosts: { maxEnvelopeKb: 8 } } });
    const host = connect();
    expect((await host.observe({ jobsOfVm: true })).vms.size).toBe(150);
    expect((await host.replicationSettings()).size).toBe(150);
  });

  it('is refused with a wrong password', async () => {
    await start({});
    const host = connect(0, { logOn: basic('hvadmin', 'wrong') });
    expect(await failureOf(host.identify())).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { sent: false } });
  });

  it('reads how WinRM is configured', async () => {
    await start({ quirks: { hosts: { maxEnvelopeKb: 150 } } });
    expect((await connect().limits()).winrm).toEqual({ maxEnvelopeKb: 150, operationsPerUser: 1500, connections: 300 });
  });

  it('tells how a connection is protected and logged on', async () => {
    const credentials = async () => ({ username: 'hvadmin', password: simulator.hosts[0]?.password ?? '' });
    const over = async (tls: boolean, logOn: LogOn) => {
      await simulator?.close();
      await start({ vms: [] }, { tls, auth: ['basic', 'negotiate'] });
      const { caFile } = simulator.hosts[0] ?? {};
      return connect(0, { logOn, ...(caFile === undefined ? {} : { tls: { caFiles: [caFile] } }) }).identify();
    };
    const secure = { protocol: 'TLSv1.3', certificate: { subject: 'CN=hv-dr-01', names: expect.arrayContaining(['127.0.0.1']) } };
    const ntlm = { scheme: 'negotiate', identity: { kind: 'password', credentials } } as const;
    expect(await over(false, { scheme: 'basic', credentials })).toMatchObject({
      tls: null,
      logOn: { scheme: 'basic', mechanism: null, account: 'hvadmin', sealed: false },
    });
    expect(await over(false, { scheme: 'ntlm', credentials })).toMatchObject({
      tls: null,
      logOn: { scheme: 'ntlm', mechanism: 'NTLM', account: 'hvadmin', sealed: true },
    });
    expect(await over(true, ntlm)).toMatchObject({
      tls: secure,
      logOn: { scheme: 'negotiate', mechanism: 'NTLM', account: 'hvadmin', sealed: false },
    });
  });

  it('does all that over HTTPS', async () => {
    await start({ vms: [{ names: ['vm'] }] }, { tls: true });
    const caFile = simulator.hosts[0]?.caFile ?? '';
    expect((await connect(0, { tls: { caFiles: [caFile] }, allowUnencrypted: false }).observe({ jobsOfVm: true })).vms.size).toBe(1);
    expect(await failureOf(connect(0, { allowUnencrypted: false }).observe({ jobsOfVm: true }))).toMatchObject({ code: 'host.tls' });
  });
});
