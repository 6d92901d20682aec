import { describe, expect, it } from 'vitest';
import type { VmQuirkSettings } from '../../../src/simulator/world/quirks.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

/** One machine with 100 seconds of data and 10 seconds until it is accepted. */
function withQuirks(quirks: VmQuirkSettings, entry: object = {}): TestWorld {
  return new TestWorld({ vms: [{ ...secondsOfData(100), quirks: { acceptanceSeconds: 10, ...quirks }, ...entry }] });
}

const failsHalfway = { faults: [{ method: 'InitiateFailback', do: { jobException: { atPercent: 50, hresult: '0x00002EE2' } } }] };

describe('what may start a failback', () => {
  it('is a set of states', async () => {
    const test = withQuirks({ failbackStartStates: [2] });
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32775);
    const other = withQuirks({ failbackStartStates: [2] }, { state: 2 });
    expect((await other.initiateFailback(other.vm())).returnValue).toBe(4096);
  });

  it('is a set of modes', async () => {
    const test = withQuirks({ failbackModes: [4] });
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32775);
    const other = withQuirks({}, { mode: 4 });
    expect((await other.initiateFailback(other.vm())).returnValue).toBe(4096);
  });

  it('includes a running machine when power does not matter', async () => {
    const test = withQuirks({ failbackNeedsPowerOff: false }, { power: 2 });
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(4096);
  });

  it('includes the in-box provider when it accepts', async () => {
    const test = withQuirks({ inBoxFailback: 'accept' }, { provider: 'in-box' });
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(4096);
    test.advance(200);
    expect(test.seen(test.vm())).toEqual([2, 14, 3]);
  });

  it('includes null settings when they mean the current ones', async () => {
    const test = withQuirks({ nullSettings: 'current' });
    expect((await test.initiateFailback(test.vm(), { ReplicationSettingData: null })).returnValue).toBe(4096);
  });

  it('excludes a machine whose partner runs when the host looks at the partner', async () => {
    const test = withQuirks({ refuseWhilePartnerRuns: true });
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32775);
    test.vm().remoteRunning = false;
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(4096);
  });
});

describe('the answer to InitiateFailback', () => {
  it('can be 0 without any job', async () => {
    const test = withQuirks({ failbackAnswer: 'no-job' });
    expect(await test.initiateFailback(test.vm())).toEqual({ returnValue: 0, out: {} });
    expect(test.all('Msvm_ConcreteJob')).toEqual([]);
    test.advance(110);
    expect(test.seen(test.vm())).toEqual([2, 14, 3]);
  });

  it('can be 4096 with a null job that is found through the machine all the same', async () => {
    const test = withQuirks({ failbackAnswer: 'null-job' });
    expect(await test.initiateFailback(test.vm())).toEqual({ returnValue: 4096, out: { Job: null } });
    expect(test.all('Msvm_AffectedJobElement')).toHaveLength(1);
  });

  it('can carry job type 123', async () => {
    const test = withQuirks({ failbackJobType: 123 });
    expect(test.job(await test.initiateFailback(test.vm()))?.values.JobType).toBe(123);
  });
});

describe('the job of a failback', () => {
  it('can end at acceptance while the data is still on its way', async () => {
    const test = withQuirks({ failbackJobEnds: 'at-acceptance' });
    const outcome = await test.initiateFailback(test.vm());
    test.advance(9);
    expect(test.job(outcome)?.values.JobState).toBe(4);
    test.advance(2);
    expect(test.job(outcome)?.values).toMatchObject({ JobState: 7, PercentComplete: 100 });
    expect(test.seen(test.vm())).toEqual([2, 13, 3]);
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32774);
    test.advance(100);
    expect(test.seen(test.vm())).toEqual([2, 14, 3]);
  });

  it('can leave PercentComplete at 0 until the end', async () => {
    const test = withQuirks({ percentFollowsCopy: false });
    const outcome = await test.initiateFailback(test.vm());
    test.advance(80);
    expect(test.job(outcome)?.values.PercentComplete).toBe(0);
  });

  it('can refuse to be cancelled', async () => {
    const test = withQuirks({ failbackJobCancellable: false });
    const outcome = await test.initiateFailback(test.vm());
    expect(test.job(outcome)?.values.Cancellable).toBe(false);
    expect((await test.cancelJob(test.vm(), outcome, 4)).returnValue).toBe(1);
    test.advance(110);
    expect(test.seen(test.vm())).toEqual([2, 14, 3]);
  });
});

describe('the state an observer sees', () => {
  const states: [rule: string, quirks: VmQuirkSettings, waiting: number, copying: number, complete: number][] = [
    ['is 13 from the call on', {}, 13, 13, 14],
    ['is the start state until data flows', { waitingState: 'start' }, 6, 13, 14],
    ['never shows that work is going on', { waitingState: 'start', copyingState: 'start' }, 6, 6, 14],
    ['is a number of its own while it waits', { waitingState: 97 }, 97, 13, 14],
    ['is an unknown number while data flows', { copyingState: 97 }, 13, 97, 14],
    ['is an unknown number at the end', { completeState: 97 }, 13, 13, 97],
    ['is renamed by a map', { showStateAs: { '13': 40, '14': 41 } }, 40, 40, 41],
  ];
  it.each(states)('%s', async (_rule, quirks, waiting, copying, complete) => {
    const test = withQuirks(quirks);
    await test.initiateFailback(test.vm());
    test.advance(5);
    expect(test.seen(test.vm())[1]).toBe(waiting);
    test.advance(50);
    expect(test.seen(test.vm())[1]).toBe(copying);
    test.advance(60);
    expect(test.seen(test.vm())[1]).toBe(complete);
  });
});

describe('after a failed or cancelled failback', () => {
  it.each([
    ['start', 6],
    ['critical', 8],
    ['stuck', 13],
  ] as const)('a failure leaves it %s', async (afterFailure, state) => {
    const test = new TestWorld({ vms: [{ ...secondsOfData(100), quirks: { afterFailure } }], ...failsHalfway });
    const outcome = await test.initiateFailback(test.vm());
    test.advance(60);
    expect(test.job(outcome)?.values).toMatchObject({ JobState: 10, ErrorCode: 32768, PercentComplete: 50 });
    expect(String(test.job(outcome)?.values.ErrorDescription)).toContain('0x00002EE2');
    expect(test.seen(test.vm())).toEqual([2, state, 3]);
  });

  it.each([
    ['start', 6],
    ['critical', 8],
    ['stuck', 13],
  ] as const)('a cancelled job leaves it %s', async (afterCancel, state) => {
    const test = withQuirks({ afterCancel });
    const outcome = await test.initiateFailback(test.vm());
    test.advance(60);
    expect((await test.cancelJob(test.vm(), outcome, 5)).returnValue).toBe(0);
    expect(test.job(outcome)?.values.JobState).toBe(9);
    expect(test.seen(test.vm())).toEqual([2, state, 3]);
  });

  it('the world notices when somebody boots the half-copied disks', async () => {
    const test = withQuirks({});
    const outcome = await test.initiateFailback(test.vm());
    test.advance(60);
    await test.cancelJob(test.vm(), outcome, 5);
    test.vm().remoteRunning = false;
    await test.power(test.vm(), 2);
    test.advance(5);
    expect(test.world.incidents.map(({ kind }) => kind)).toEqual(['booted-inconsistent']);
  });
});

describe('after 14', () => {
  it.each([
    [true, 4096],
    [false, 32775],
  ])('CommitFailover accepted: %s', async (commitFromComplete, code) => {
    const test = withQuirks({ commitFromComplete });
    await test.initiateFailback(test.vm());
    test.advance(120);
    expect((await test.replication(test.vm(), 'CommitFailover')).returnValue).toBe(code);
  });

  it.each([
    [true, 4096],
    [false, 32775],
  ])('ReverseReplicationRelationship accepted: %s', async (reverseFromComplete, code) => {
    const test = withQuirks({ reverseFromComplete });
    await test.initiateFailback(test.vm());
    test.advance(120);
    const outcome = await test.replication(test.vm(), 'ReverseReplicationRelationship', {
      ReplicationSettingData: test.reversed(test.vm()),
    });
    expect(outcome.returnValue).toBe(code);
  });

  it.each([[1], [3]] as const)('a machine of an external provider is %s when it was reversed', async (providerReverseState) => {
    const test = withQuirks({ providerReverseState });
    await test.initiateFailback(test.vm());
    test.advance(120);
    await test.replication(test.vm(), 'ReverseReplicationRelationship', { ReplicationSettingData: test.reversed(test.vm()) });
    test.advance(5);
    expect(test.seen(test.vm())).toEqual([1, providerReverseState, 3]);
  });

  it('commits by itself when the quirk says so', async () => {
    const test = withQuirks({ autoCommitSeconds: 30 });
    await test.initiateFailback(test.vm());
    test.advance(111);
    expect(test.seen(test.vm())[1]).toBe(14);
    test.advance(30);
    expect(test.seen(test.vm())[1]).toBe(6);
  });

  it.each([
    [true, 14],
    [false, 6],
  ])('a restart of the host keeps it: %s', async (completeSurvivesRestart, state) => {
    const test = withQuirks({ completeSurvivesRestart });
    await test.initiateFailback(test.vm());
    test.advance(120);
    test.world.host('hv-dr-01').crash(60_000);
    test.advance(61);
    expect(test.seen(test.vm())[1]).toBe(state);
  });
});

describe('health after a failover', () => {
  it.each([
    [true, 2],
    [false, 1],
  ])('is a warning: %s', async (warningAfterFailover, health) => {
    const test = withQuirks({ warningAfterFailover }, { state: 3, health: 1 });
    await test.replication(test.vm(), 'InitiateFailover');
    test.advance(6);
    expect(test.all('Msvm_ReplicationRelationship')[0]?.values).toMatchObject({ ReplicationState: 5, ReplicationHealth: health });
  });
});

describe('quirks of hosts', () => {
  it('keep ended jobs for five minutes unless told otherwise', async () => {
    for (const [seconds, quirks] of [
      [300, {}],
      [20, { jobRetentionSeconds: 20 }],
    ] as const) {
      const test = new TestWorld({ vms: [{ ...secondsOfData(10) }], quirks: { hosts: quirks } });
      const outcome = await test.initiateFailback(test.vm());
      test.advance(13);
      test.advance(seconds - 1);
      expect(test.job(outcome)?.values.JobState).toBe(7);
      test.advance(1);
      expect(test.job(outcome)).toBeUndefined();
    }
  });

  it('show every time by a clock that may be wrong', async () => {
    const test = new TestWorld({ vms: [{}], quirks: { hosts: { clockSkewSeconds: 90 } } });
    const outcome = await test.initiateFailback(test.vm());
    expect(test.host().now() - test.clock.now()).toBe(90_000);
    expect(test.job(outcome)?.values.TimeSubmitted).toBe('20260302080130.000000+000');
  });

  it('hide the service objects while the management service is stopped', () => {
    const test = new TestWorld({ quirks: { hosts: { managementServiceRuns: false } } });
    expect(test.all('Msvm_ReplicationService')).toEqual([]);
  });

  it('set the envelope limit', () => {
    expect(new TestWorld({ quirks: { hosts: { maxEnvelopeKb: 150 } } }).host().maxEnvelopeBytes).toBe(153_600);
  });
});
