import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { readLedger } from '../../../src/simulator/world/ledger.ts';
import { enumerate, message, post, query, WMI } from '../wire/client.ts';

const running: Simulator[] = [];
async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ hosts: 1, vms: 2, seed: 1, password: 'Passw0rd!', ...options });
  running.push(simulator);
  return simulator;
}
afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close();
});

/** The body of a call for a machine of the only host. */
function initiateFailback(vmId: string): string {
  const uri = `${WMI}/Msvm_ReplicationService`;
  const settings = `<INSTANCE CLASSNAME="Msvm_ReplicationSettingData"><PROPERTY NAME="InstanceID" TYPE="string"><VALUE>Microsoft:${vmId}\\HVR\\0</VALUE></PROPERTY></INSTANCE>`;
  const machine =
    '<a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address><a:ReferenceParameters>' +
    `<w:ResourceURI>${WMI}/Msvm_ComputerSystem</w:ResourceURI><w:SelectorSet><w:Selector Name="Name">${vmId}</w:Selector></w:SelectorSet></a:ReferenceParameters>`;
  return message({
    action: `${uri}/InitiateFailback`,
    resourceUri: uri,
    messageId: `uuid:${vmId}`,
    selectors: { CreationClassName: 'Msvm_ReplicationService' },
    body:
      `<p:InitiateFailback_INPUT xmlns:p="${uri}"><p:ComputerSystem>${machine}</p:ComputerSystem>` +
      `<p:ReplicationSettingData><![CDATA[${settings}]]></p:ReplicationSettingData></p:InitiateFailback_INPUT>`,
  });
}

function firstMachine(simulator: Simulator) {
  const [host] = simulator.hosts;
  const [vm] = host?.vms ?? [];
  if (!host || !vm) throw new Error('a host with a machine');
  return { host, vm };
}

describe('a served world', () => {
  it('takes a call over the network and brings the machine home', async () => {
    const clock = manualClock();
    const simulator = await start({ clock });
    const { host, vm } = firstMachine(simulator);
    const answer = await post(host.url, initiateFailback(vm.id));
    expect(answer.body).toMatch(/<p:ReturnValue>4096<\/p:ReturnValue>/);
    clock.advance(3_600_000);
    const state = await post(
      host.url,
      query(`SELECT * FROM Msvm_ReplicationRelationship WHERE InstanceID LIKE '%${vm.id}%'`, '<w:OptimizeEnumeration/>'),
    );
    expect(state.body).toContain('<p:ReplicationState>14</p:ReplicationState>');
  });

  it('speaks HTTPS with certificates of an authority a client can trust', async () => {
    const simulator = await start({ tls: true, hosts: 2 });
    for (const host of simulator.hosts) {
      expect(host.url).toMatch(/^https:/);
      const answer = await post(host.url, enumerate('<w:OptimizeEnumeration/>'), { ca: readFileSync(host.caFile ?? '', 'utf8') });
      expect(answer.status).toBe(200);
    }
    await expect(post(firstMachine(simulator).host.url, enumerate(''))).rejects.toThrow(/certificate/);
    const { caFile = '', clientCertificate = '', clientKey = '' } = firstMachine(simulator).host;
    const files = [caFile, clientCertificate, clientKey];
    expect(files.map(existsSync)).toEqual([true, true, true]);
    expect(statSync(clientKey).mode & 0o077).toBe(0);
    await simulator.close();
    expect(files.map(existsSync)).toEqual([false, false, false]);
  });

  it('loses an answer after the effect: the ledger has the call, the client has nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'failback-simulator-test-'));
    const ledgerFile = join(directory, 'ledger.jsonl');
    const simulator = await start({ ledgerFile, scenario: { faults: [{ method: 'InitiateFailback', nth: 1, do: { drop: 'after' } }] } });
    const { host, vm } = firstMachine(simulator);
    await expect(post(host.url, initiateFailback(vm.id))).rejects.toThrow();
    expect((await post(host.url, initiateFailback(vm.id))).body).toContain('32774');
    const { calls, outcomes, duplicateMessageIds } = readLedger(ledgerFile);
    expect(calls.map(({ messageId }) => messageId)).toEqual([`uuid:${vm.id}`, `uuid:${vm.id}`]);
    expect(outcomes.map(({ returnValue }) => returnValue)).toEqual([4096, 32774]);
    expect(duplicateMessageIds).toEqual([`uuid:${vm.id}`]);
    rmSync(directory, { recursive: true });
  });

  it('refuses connections while a host is down and takes them again on the same port', async () => {
    const clock = manualClock();
    const simulator = await start({ clock });
    const { host } = firstMachine(simulator);
    simulator.world.host(host.name).crash(60_000);
    await expect(post(host.url, enumerate(''))).rejects.toThrow();
    clock.advance(60_000);
    simulator.world.settle();
    await expect.poll(async () => (await post(host.url, enumerate('')).catch(() => null))?.status).toBe(200);
  });

  it('brings a rebooted host back by itself when its clock runs', async () => {
    const simulator = await start({ speed: 1000 });
    const { host } = firstMachine(simulator);
    simulator.world.host(host.name).crash(60_000);
    await expect.poll(async () => (await post(host.url, enumerate('')).catch(() => null))?.status).toBe(200);
  });

  it('gives every host a password of its own, the same for the same seed', async () => {
    const passwords = async () => {
      const simulator = await startSimulator({ hosts: 2, vms: 0, seed: 3 });
      running.push(simulator);
      return simulator.hosts.map(({ username, password }) => [username, password]);
    };
    const [one, other] = [await passwords(), await passwords()];
    expect(one).toEqual(other);
    expect(new Set(one.map(([, password]) => password)).size).toBe(2);
    expect(one.every(([username]) => username === 'hvadmin')).toBe(true);
  });

  it('names its hosts by role and shares machines out evenly', async () => {
    const simulator = await start({ hosts: 4, vms: 8, strategy: 'mixed' });
    expect(simulator.hosts.map(({ name, vms }) => [name, vms.length])).toEqual([
      ['hv-dr-01', 4],
      ['hv-dr-02', 4],
      ['hv-home-01', 2],
      ['hv-home-02', 2],
    ]);
  });

  it('has two sites, and pairs in named states spread over them, beside machines of a provider', async () => {
    const stages = ['failed-over', 'replicating', 'prepared'] as const;
    const simulator = await start({ hosts: 4, vms: 12, strategy: 'mixed', stages });
    expect(simulator.hosts.map(({ name, site }) => [name, site])).toEqual([
      ['hv-dr-01', 'dr'],
      ['hv-dr-02', 'dr'],
      ['hv-home-01', 'home'],
      ['hv-home-02', 'home'],
    ]);
    expect(simulator.pairs.map(({ stage }) => stage)).toEqual([...stages, ...stages]);
    for (const { id, away, home } of simulator.pairs) {
      const on = simulator.hosts.filter(({ vms }) => vms.some((vm) => vm.id === id)).map(({ name }) => name);
      expect(on).toEqual([away, home]);
    }
  });

  it('refuses numbers that do not go together, and a port that is taken', async () => {
    await expect(start({ hosts: 1, strategy: 'reverse' })).rejects.toThrow(/too few/);
    const simulator = await start();
    const port = Number(new URL(firstMachine(simulator).host.url).port);
    await expect(start({ basePort: port })).rejects.toThrow(/cannot listen/);
  });
});
