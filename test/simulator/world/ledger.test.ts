import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger, readLedger } from '../../../src/simulator/world/ledger.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

let directory: string;
let ledgerFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'failback-ledger-'));
  ledgerFile = join(directory, 'ledger.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the ledger', () => {
  it('has a line for every call before its outcome, refused ones too', async () => {
    const test = new TestWorld({ vms: [{ names: ['sql01'], ...secondsOfData(100) }] }, { ledgerFile });
    const vm = test.vm();
    const accepted = await test.initiateFailback(vm);
    await test.initiateFailback(vm);
    await test.cancelJob(vm, accepted, 5);
    const { calls, outcomes, count, repeated } = readLedger(ledgerFile);
    expect(calls.map(({ n, method, vmName, host }) => [n, method, vmName, host])).toEqual([
      [1, 'InitiateFailback', 'sql01', 'hv-dr-01'],
      [2, 'InitiateFailback', 'sql01', 'hv-dr-01'],
      [3, 'RequestStateChange', 'sql01', 'hv-dr-01'],
    ]);
    expect(outcomes.map(({ n, returnValue, job }) => [n, returnValue, job !== null])).toEqual([
      [1, 4096, true],
      [2, 32774, false],
      [3, 0, false],
    ]);
    expect(count(vm.id, 'InitiateFailback')).toEqual({ received: 2, accepted: 1 });
    expect(repeated('InitiateFailback')).toEqual([]);
    expect(readFileSync(ledgerFile, 'utf8').split('\n')[0]).toContain('"type":"call"');
  });

  it('tells machines for which a method was accepted twice, and message ids that came twice', async () => {
    const test = new TestWorld({ vms: [{ ...secondsOfData(10) }] }, { ledgerFile });
    await test.initiateFailback(test.vm());
    test.world.host('hv-dr-01').restartManagementService();
    test.advance(20);
    if (test.vm().relationship) Object.assign(test.vm().relationship ?? {}, { state: 6, shown: null });
    await test.initiateFailback(test.vm());
    const target = test.all('Msvm_ReplicationService')[0];
    if (!target) throw new Error('a service');
    await test.host().invoke({ target, method: 'CommitFailover', args: {}, messageId: 'uuid:1', user: 'hvadmin' });
    const reading = readLedger(ledgerFile);
    expect(reading.repeated('InitiateFailback')).toEqual([test.vm().id]);
    expect(reading.duplicateMessageIds).toEqual(['uuid:1']);
  });

  it('counts a call without outcome as accepted, ignores a torn last line and refuses any other damage', () => {
    const ledger = new Ledger(ledgerFile);
    ledger.call({ at: '', host: 'h', vm: 'V', vmName: 'v', class: 'C', method: 'M', messageId: 'uuid:1', args: {} });
    ledger.close();
    appendFileSync(ledgerFile, '{"type":"outcome","n":1,"retu');
    expect(readLedger(ledgerFile).count('V', 'M')).toEqual({ received: 1, accepted: 1 });
    appendFileSync(ledgerFile, '\n');
    expect(() => readLedger(ledgerFile)).toThrow(/ledger\.jsonl:2:1/);
  });

  it('goes on with its numbers after a torn line of a killed simulator', () => {
    const entry = { at: '', host: 'h', vm: 'V', vmName: 'v', class: 'C', method: 'M', messageId: 'uuid:1', args: {} };
    const first = new Ledger(ledgerFile);
    first.call(entry);
    first.close();
    appendFileSync(ledgerFile, '{"type":"call","n":2,');
    const second = new Ledger(ledgerFile);
    expect(second.call(entry)).toBe(2);
    second.close();
    expect(readLedger(ledgerFile).calls.map(({ n }) => n)).toEqual([1, 2]);
  });

  it('shortens long parameters and never has a password', async () => {
    const test = new TestWorld({}, { ledgerFile, password: 'very secret' });
    await test.initiateFailback(test.vm());
    const text = readFileSync(ledgerFile, 'utf8');
    expect(text).not.toContain('very secret');
    expect(JSON.stringify(readLedger(ledgerFile).calls[0]?.args).length).toBeLessThan(300);
  });

  it('has every call that was answered when the simulator is killed', async () => {
    const simulator = spawn(process.execPath, ['--input-type=module', '--eval', ENDLESS_CALLS, ledgerFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answered = 0;
    for await (const chunk of simulator.stdout) {
      answered += String(chunk).split('\n').length - 1;
      if (answered > 200) simulator.kill('SIGKILL');
    }
    const { calls } = readLedger(ledgerFile);
    expect(calls.length).toBeGreaterThanOrEqual(answered);
    expect(calls.map(({ n }) => n)).toEqual(calls.map((_, index) => index + 1));
  });
});

/** Calls a method as often as it can and prints a line for every answer. */
const ENDLESS_CALLS = `
  import { writeSync } from 'node:fs';
  const { createSimulation } = await import(${JSON.stringify(new URL('../../../dist/src/simulator/world/simulation.js', import.meta.url).href)});
  const { hosts } = createSimulation({ hosts: 1, vms: 1, seed: 1, ledgerFile: process.argv[1] });
  const [target] = hosts[0].instances(hosts[0].class('root/virtualization/v2', 'Msvm_ReplicationService'));
  for (let n = 1; ; n += 1) {
    await hosts[0].invoke({ target, method: 'CommitFailover', args: {}, messageId: 'uuid:' + n, user: 'hvadmin' });
    writeSync(1, n + '\\n');
  }
`;
