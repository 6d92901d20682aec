import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MachineEvent } from '../../../src/simulator/world/fault.ts';
import { readLedger } from '../../../src/simulator/world/ledger.ts';
import type { StageName } from '../../../src/simulator/world/stage.ts';
import { AWAY, accepted, HOME, pairIn, reverse, shutDown } from './pair-kit.ts';
import { TestWorld, vmReference } from './world-kit.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'failback-events-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function eventful(stage: StageName, event: Omit<MachineEvent, 'vm' | 'for'> & { for?: number }) {
  const ledgerFile = join(directory, 'ledger.jsonl');
  const test = new TestWorld(
    {
      hosts: [{ name: AWAY }, { name: HOME, role: 'home' }],
      vms: [{ names: ['sql01'], host: AWAY, partner: HOME, stage }],
      events: [{ vm: 'sql*', ...event }],
    },
    { ledgerFile },
  );
  return { test, away: test.vm('sql01', AWAY), home: test.vm('sql01', HOME), ledgerFile };
}

describe('machines, by themselves,', () => {
  it('are held by a backup: everything is refused with 32774, and they are in service', async () => {
    const { test, home } = eventful('prepared', { host: HOME, what: 'backup', at: 10, for: 100 });
    test.advance(11);
    expect((await test.replication(home, 'InitiateFailover', { SnapshotSettingData: null })).returnValue).toBe(32774);
    const system = test.all('Msvm_ComputerSystem', HOME).find(({ values }) => values.Name === home.id);
    expect([system?.values.OperationalStatus, test.all('Msvm_ConcreteJob', HOME)]).toEqual([[11], []]);
    test.advance(100);
    await accepted(test.replication(home, 'InitiateFailover', { SnapshotSettingData: null }));
  });

  it('are backed up when whoever holds them is done', async () => {
    const { test, home } = eventful('prepared', { host: HOME, what: 'backup', at: 1, for: 100 });
    await accepted(test.replication(home, 'InitiateFailover', { SnapshotSettingData: null }));
    test.advance(10);
    expect(home.operation?.plan.method).toBe('Backup');
  });

  it('lose track of their changes', () => {
    const { test, away, home } = eventful('replicating', { what: 'log-overflow', at: 60 });
    test.advance(61);
    expect([test.seen(away), test.seen(home)]).toEqual([
      [1, 9, 2],
      [2, 3, 3],
    ]);
  });

  it('are started by somebody: both sides run, and the ledger on disk says when', () => {
    const { test, ledgerFile, home } = eventful('failed-over', { host: HOME, what: 'power-on', at: 30 });
    const at = new Date(test.clock.now() + 30_000).toISOString();
    test.advance(60);
    expect(readLedger(ledgerFile).bothSidesRunning).toEqual([
      { type: 'incident', kind: 'both-sides-running', at, host: HOME, vm: home.id, vmName: 'sql01' },
    ]);
  });
});

describe('both sides running', () => {
  it('is not counted where the scene began with it, but is when it happens again', async () => {
    const { test, home } = pairIn('both-running');
    test.advance(3600);
    expect(test.world.incidents).toEqual([]);
    await accepted(test.power(home, 3));
    test.advance(2);
    await accepted(test.power(home, 2));
    expect(test.world.incidents).toMatchObject([{ kind: 'both-sides-running', host: HOME }]);
  });

  it('is counted at the moment a start is accepted, also while the other side is still shutting down', async () => {
    const pair = pairIn('failed-over');
    pair.test.world.setPower(pair.away, 4);
    await accepted(pair.test.power(pair.home, 2));
    expect(pair.test.world.incidents).toHaveLength(1);
  });
});

describe('a guest', () => {
  const heartbeat = (test: TestWorld, id: string, host: string) =>
    [...test.host(host).associators(vmReference({ id }), 'Msvm_SystemDevice', 'Msvm_HeartbeatComponent')][0]?.values.OperationalStatus;

  it('answers when it has booted', async () => {
    const { test, home } = pairIn('failed-over-home', { quirks: { bootSeconds: 90 } });
    expect(heartbeat(test, home.id, HOME)).toEqual([12]);
    await accepted(test.power(home, 2));
    test.advance(60);
    expect(heartbeat(test, home.id, HOME)).toEqual([12]);
    test.advance(60);
    expect(heartbeat(test, home.id, HOME)).toEqual([2]);
  });

  it('may never answer at home alone', () => {
    const { test, home, away } = pairIn('home-running', { partnerQuirks: { neverAnswers: true } });
    test.advance(3600);
    expect([heartbeat(test, home.id, HOME), home.quirks.neverAnswers, away.quirks.neverAnswers]).toEqual([[12], true, false]);
  });

  it('takes its time to shut down, or hangs until it is turned off', async () => {
    const slow = pairIn('replicating', { quirks: { shutdownSeconds: 600 } });
    await shutDown(slow, slow.away);
    slow.test.advance(599);
    expect([slow.test.seen(slow.away)[2], heartbeat(slow.test, slow.away.id, AWAY)]).toEqual([4, [13]]);
    slow.test.advance(1);
    expect(slow.test.seen(slow.away)[2]).toBe(3);
    const hung = pairIn('replicating', { quirks: { shutdownHangs: true } });
    await shutDown(hung, hung.away);
    hung.test.advance(86_400);
    expect(hung.test.seen(hung.away)[2]).toBe(4);
    await accepted(hung.test.power(hung.away, 3));
    hung.test.advance(1);
    expect(hung.test.seen(hung.away)[2]).toBe(3);
  });
});

describe('replication to a third host', () => {
  it('ends when it is removed', async () => {
    const { test, away } = pairIn('extended');
    const ReplicationRelationship = `<INSTANCE CLASSNAME="Msvm_ReplicationRelationship"><PROPERTY NAME="InstanceID" TYPE="string"><VALUE>Microsoft:${away.id}\\HVR\\1</VALUE></PROPERTY></INSTANCE>`;
    expect((await test.replication(away, 'RemoveReplicationRelationshipEx')).returnValue).toBe(32775);
    await accepted(test.replication(away, 'RemoveReplicationRelationshipEx', { ReplicationRelationship }));
    test.advance(2);
    expect(test.all('Msvm_ReplicationRelationship', AWAY)).toHaveLength(1);
  });

  it('ends when the machine is reversed home', async () => {
    const pair = pairIn('extended');
    const { test, away, home } = pair;
    await accepted(test.replication(away, 'CommitFailover'));
    await accepted(test.changeState(home, 2));
    test.advance(3);
    await accepted(reverse(pair, away));
    test.advance(4);
    expect([test.seen(away), away.extended]).toEqual([[1, 1, 2], null]);
  });
});
