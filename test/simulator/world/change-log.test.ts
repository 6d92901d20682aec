import { describe, expect, it } from 'vitest';
import { AWAY, accepted, HOME, pairIn, shutDown, statistic } from './pair-kit.ts';

const MB = 1e6;
const pending = (pair: ReturnType<typeof pairIn>) => statistic(pair, pair.away, 'PendingReplicationSize');

describe('a primary that runs', () => {
  it('writes until the next cycle, which sends everything', async () => {
    const pair = pairIn('replicating', { quirks: { churnMBps: 2 } });
    const cycles = await statistic(pair, pair.away, 'ReplicationSuccessCount');
    const seen: number[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      seen.push((await pending(pair)) / MB);
      pair.test.advance(60);
    }
    const growth = seen.slice(1).map((bytes, index) => Math.round(bytes - (seen[index] ?? 0)));
    // Four steps, one of which may hold the beginning of a cycle.
    expect(growth.filter((step) => step === 120).length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...seen)).toBeLessThanOrEqual(600);
    pair.test.advance(3600);
    expect(await statistic(pair, pair.away, 'ReplicationSuccessCount')).toBe(cycles + 13);
    expect(await statistic(pair, pair.away, 'MaxReplicationSize')).toBe(600 * MB);
  });

  it('is the same however often somebody looks', async () => {
    const read = async (looks: number) => {
      const pair = pairIn('replicating', { quirks: { churnMBps: 3 } });
      for (let look = 0; look < looks; look += 1) {
        pair.test.advance(7200 / looks);
        await pending(pair);
      }
      return [await pending(pair), await statistic(pair, pair.away, 'ReplicationSize')].map((bytes) => Math.round(bytes / 1000));
    };
    expect(await read(1)).toEqual(await read(120));
  });

  it('has nothing pending some time after it was shut down, and a prepared one at once', async () => {
    const stopped = pairIn('replicating', { quirks: { churnMBps: 2 } });
    stopped.test.advance(100);
    await shutDown(stopped, stopped.away);
    stopped.test.advance(20);
    expect(await pending(stopped)).toBeGreaterThan(0);
    stopped.test.advance(320);
    expect(await pending(stopped)).toBe(0);

    const prepared = pairIn('stopped');
    await accepted(prepared.test.changeState(prepared.away, 4));
    prepared.test.advance(8);
    expect([prepared.test.seen(prepared.away), await pending(prepared)]).toEqual([[1, 4, 3], 0]);
  });

  it('takes longer to prepare when more is pending', async () => {
    const pair = pairIn('replicating', { quirks: { churnMBps: 100 } });
    pair.test.advance(290);
    const bytes = await pending(pair);
    await accepted(pair.test.power(pair.away, 3));
    pair.test.advance(1);
    await accepted(pair.test.changeState(pair.away, 4));
    pair.test.advance(6);
    expect(pair.test.seen(pair.away)[1]).toBe(3);
    pair.test.advance(bytes / (200 * MB) + 2);
    expect(pair.test.seen(pair.away)[1]).toBe(4);
  });

  it('sends nothing while its partner cannot be reached, and everything when it is back', async () => {
    const pair = pairIn('replicating', { quirks: { churnMBps: 1 } });
    const { test, away } = pair;
    const last = () => test.all('Msvm_ReplicationRelationship', AWAY)[0]?.values.LastReplicationTime;
    test.world.host(HOME).disconnect(1800_000);
    const before = last();
    test.advance(1799);
    expect(await pending(pair)).toBeGreaterThan(1799 * MB - 1);
    expect([last(), away.relationship?.state]).toEqual([before, 3]);
    test.advance(31);
    expect(last()).not.toBe(before);
    expect(await pending(pair)).toBeLessThan(100 * MB);
  });

  it('loses track (9) when suspended for too long: the log is more than half of the disks', () => {
    const { test, away, home } = pairIn('suspended', { quirks: { churnMBps: 10 } });
    test.advance(9_000);
    expect(test.seen(away)).toEqual([1, 7, 2]);
    test.advance(2_000);
    expect([test.seen(away), test.seen(home)[1], away.relationship?.health]).toEqual([[1, 9, 2], 7, 3]);
  });

  it('loses track when it writes faster than it can send, and gives a resynchronisation up', () => {
    const fast = pairIn('replicating', { quirks: { churnMBps: 300, rateMBps: 100 } });
    fast.test.advance(900);
    expect(fast.test.seen(fast.away)[1]).toBe(9);
    const resync = pairIn('resynchronizing', { quirks: { churnMBps: 200, rateMBps: 10, differingShare: 1 } });
    resync.test.advance(600);
    expect([resync.test.seen(resync.away)[1], resync.test.seen(resync.home)[1], resync.away.operation]).toEqual([9, 3, null]);
  });

  it('does not, when it is off', () => {
    const { test, away } = pairIn('suspended', { quirks: { churnMBps: 10 } });
    test.world.setPower(away, 3);
    test.advance(100_000);
    expect(test.seen(away)[1]).toBe(7);
  });
});

describe('a copy', () => {
  it('counts what it has still to send as pending', async () => {
    const pair = pairIn('reversed', { quirks: { churnMBps: 0 } });
    await accepted(pair.test.replication(pair.away, 'StartReplication', { InitialReplicationType: 3 }));
    pair.test.advance(40);
    expect(await pending(pair)).toBe(60 * 200 * MB);
    pair.test.advance(60);
    expect([await pending(pair), pair.test.seen(pair.home)[1]]).toEqual([0, 3]);
  });

  it('of everything takes as much longer as the disks are larger than the differences', async () => {
    const pair = pairIn('reversed');
    await accepted(pair.test.replication(pair.away, 'StartReplication', { InitialReplicationType: 1 }));
    pair.test.advance(999);
    expect(pair.test.seen(pair.away)[1]).toBe(2);
    pair.test.advance(1);
    expect(pair.test.seen(pair.away)[1]).toBe(3);
  });

  it('can be given a start time', async () => {
    const { test, away } = pairIn('reversed');
    const at = new Date(test.clock.now() + 3_600_000).toISOString();
    await accepted(test.replication(away, 'StartReplication', { InitialReplicationType: 3, StartTime: at }));
    test.advance(3_600 + 99);
    expect(test.seen(away)[1]).toBe(2);
    test.advance(1);
    expect(test.seen(away)[1]).toBe(3);
  });
});
