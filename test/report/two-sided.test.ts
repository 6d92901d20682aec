import { describe, expect, test } from 'vitest';
import type { MemberStatus } from '../../src/domain/member.ts';
import { backlogNow, backlogWords, totalBacklog } from '../../src/report/backlog-words.ts';
import { byteWords } from '../../src/report/byte-words.ts';
import { downtimeOf, downtimeTotals, downtimeWords, objectiveWords, totalsWords } from '../../src/report/downtime.ts';
import { pointOfNoReturn } from '../../src/report/point-of-no-return.ts';
import { noDrillTimes, noteDrill, scorecardOf, scorecardWords } from '../../src/report/scorecard.ts';
import { stateWords } from '../../src/report/state-words.ts';
import { countWords, goalOf, statusWords } from '../../src/report/status-words.ts';
import { skippedWords } from '../../src/report/step-words.ts';
import type { JournalEntry } from '../../src/runtime/journal.ts';
import type { MemberView } from '../../src/runtime/run-view.ts';

const PAIR = { host: 'hv-mi-01', partner: 'hv-dr-01', strategy: 'reverse' } as const;
const DRILL = { host: 'hv-dr-01', partner: null, strategy: 'drill' } as const;

describe('states between two hosts', () => {
  test.each([
    ['commit: checking', 'looking where it stands'],
    ['commit: calling', 'committing the failover at hv-dr-01: calling the host'],
    ['copy: tracking.going', 'copying to hv-mi-01'],
    ['inSync: tracking.going', 'waiting until in sync'],
    ['shutdown: tracking.going', 'shutting the VM down at hv-dr-01'],
    ['prepare: tracking.going', 'being made ready to fail over at hv-dr-01'],
    ['failover: unseen', 'waits: a host is out of sight'],
    ['verify: tracking.going', 'running at hv-mi-01, being verified'],
    ['protect: approval', 'running at hv-mi-01 and verified, waits for approval'],
    ['protect: calling', 'making the failover final, replicating back to hv-dr-01: calling the host'],
    ['revertHome: tracking.going', 'taking the failover back at hv-mi-01'],
    ['startAway: calling', 'taking the failover back: starting the VM at hv-dr-01 again: calling the host'],
    ['commit: cancelled', 'cancelled'],
    ['completed', 'running at hv-mi-01 and protected'],
  ])('%s: %s', (state, words) => {
    expect(stateWords(state, PAIR)).toBe(words);
  });

  test('read without hosts where none are known, and a provider keeps its own words', () => {
    expect(stateWords('copy: tracking.going')).toBe('copying home');
    expect(stateWords('commit: tracking.going')).toBe('commit: failover is being committed');
    expect(stateWords('commit: tracking.going', { ...PAIR, partner: null, strategy: 'provider' })).toBe(
      'commit: failover is being committed',
    );
  });

  test('of a drill are about its test VM', () => {
    expect(stateWords('testReplica: calling', DRILL)).toBe('drill: making a test VM at hv-dr-01: calling the host');
    expect(stateWords('completed', DRILL)).toBe('tried out and cleaned up');
  });

  test('count what a run is for', () => {
    const counts = { completed: 2, failed: 1 } as Record<MemberStatus, number>;
    expect(countWords({ ...counts }, ['completed', 'failed'], goalOf({ intent: 'drill' }))).toEqual(['2 passed', '1 failed']);
    expect(statusWords('completed', 1, goalOf({ intent: 'planned-failover' }))).toBe('failed over');
    expect(goalOf({})).toBe('home');
  });

  test('steps that were not needed are not told as done', () => {
    expect(skippedWords(['commit', 'resume', 'resynchronize', 'replica'])).toBe('failover was committed, old copy was the replica');
    expect(skippedWords(['commit', 'replica', 'reverse', 'copy', 'resume', 'shutdown'])).toBe('replication was set up, VM was shut down');
  });
});

describe('data still to be sent', () => {
  const NOW = 1_000_000;
  test.each([
    [{ pendingBytes: 12.34e9, rate: 180e6, at: NOW }, '12.3 GB to go at 180 MB/s, about 1m 08s left'],
    [{ pendingBytes: 12.34e9, rate: null, at: NOW }, '12.3 GB to go, rate unknown'],
    [{ pendingBytes: 5e6, rate: -3e6, at: NOW }, '5.0 MB to go, growing by 3.0 MB/s'],
    [{ pendingBytes: 5e6, rate: 0, at: NOW }, '5.0 MB to go, not getting less'],
    [{ pendingBytes: 5e6, rate: 1e6, at: NOW - 125_000 }, '5.0 MB to go 2m 05s ago, rate unknown'],
    [{ pendingBytes: 9e15, rate: 10, at: NOW }, '9.0 PB to go at 10 B/s, more than 30 days left'],
    [{ pendingBytes: 0, rate: 5, at: NOW }, 'nothing to go'],
  ])('%j: %s', (backlog, words) => {
    expect(backlogWords({ limitBytes: null, ...backlog }, NOW)).toBe(words);
  });

  // Disks of 100 GB: the log is given up at 50.
  test.each([
    [
      { pendingBytes: 26e9, rate: -20e6 },
      '26.0 GB to go (52 % of what the change log may hold), growing by 20.0 MB/s: %FULL in about 20m 00s, %THEN',
    ],
    [{ pendingBytes: 5e9, rate: -20e6 }, '5.0 GB to go, growing by 20.0 MB/s: %FULL in about 37m 30s, %THEN'],
    [{ pendingBytes: 4.9e9, rate: -20e6 }, '4.9 GB to go, growing by 20.0 MB/s'],
    [{ pendingBytes: 5e9, rate: -1 }, '5.0 GB to go, growing by 1 B/s'],
    [
      { pendingBytes: 50e9, rate: -1e6 },
      '50.0 GB to go (100 % of what the change log may hold), growing by 1.0 MB/s: %FULL any moment, %THEN',
    ],
    [
      { pendingBytes: 60e9, rate: -1e6 },
      '60.0 GB to go (120 % of what the change log may hold), growing by 1.0 MB/s: %FULL any moment, %THEN',
    ],
    [{ pendingBytes: 40e9, rate: 100e6 }, '40.0 GB to go (80 % of what the change log may hold) at 100 MB/s, about 6m 40s left'],
    [{ pendingBytes: 40e9, rate: 0 }, '40.0 GB to go (80 % of what the change log may hold), not getting less'],
    [{ pendingBytes: 40e9, rate: null }, '40.0 GB to go (80 % of what the change log may hold), rate unknown'],
    [{ pendingBytes: 24.9e9, rate: 0 }, '24.9 GB to go, not getting less'],
    [{ pendingBytes: 0, rate: null }, 'nothing to go'],
  ])('%j of at most 50 GB: %s', (backlog, words) => {
    const expected = words.replace('%FULL', 'the change log is full').replace('%THEN', 'then the VM must be resynchronised');
    expect(backlogWords({ limitBytes: 50e9, at: NOW, ...backlog }, NOW)).toBe(expected);
  });

  test('that was counted long ago says nothing about when the change log is full', () => {
    const backlog = { pendingBytes: 40e9, rate: -20e6, limitBytes: 50e9, at: NOW - 125_000 };
    expect(backlogWords(backlog, NOW)).toBe('40.0 GB to go (80 % of what the change log may hold) 2m 05s ago, rate unknown');
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [999_499, '999 KB'],
    [999_999, '1.0 MB'],
    [99_950_000, '100 MB'],
    [-1, '0 B'],
  ])('%d bytes read as %s', (bytes, words) => {
    expect(byteWords(bytes)).toBe(words);
  });

  test('is only told while it is counted, and nothing before the first count of a copy', () => {
    const some = { pendingBytes: 5, rate: null, limitBytes: null, at: 0 };
    expect(backlogNow('copy: tracking.going', some)).toBe(some);
    expect(backlogNow('prepare: tracking.going', some)).toBeNull();
    expect(backlogNow('copy: tracking.going', { ...some, pendingBytes: 0 })).toBeNull();
    expect(backlogNow('inSync: tracking.going', { ...some, pendingBytes: 0 })).not.toBeNull();
  });

  test('of several VMs has no rate as long as that of one is unknown, and never a limit', () => {
    const one = { pendingBytes: 5, rate: 2, limitBytes: 6, at: 10 };
    const other = { pendingBytes: 7, rate: -1, limitBytes: 8, at: 5 };
    expect(totalBacklog([one, other])).toEqual({ pendingBytes: 12, rate: 1, limitBytes: null, at: 5 });
    expect(totalBacklog([one, { ...one, rate: null }])).toMatchObject({ rate: null });
    expect(totalBacklog([])).toBeNull();
  });
});

interface Told {
  readonly context?: Partial<MemberView['context']>;
  readonly status?: MemberStatus;
  readonly rto?: number | null;
}

/** A member as far as downtimes and scorecards look at it. */
function view({ context = {}, status = 'completed', rto = null }: Told, strategy = 'reverse', probes: readonly unknown[] = []): MemberView {
  const nothing = { stoppedAt: null, homeAt: null, skipped: [], course: 'forth', because: null, cancelRequested: false };
  return { input: { settings: { strategy, rto, probes } }, status, context: { ...nothing, ...context } } as unknown as MemberView;
}

describe('downtime', () => {
  const down = (told: Told, known: Partial<Parameters<typeof downtimeOf>[1]> = {}, now = 100_000) =>
    downtimeOf(view(told), { startedAt: 1_000, takenBackAt: null, ...known }, now);

  test('is from the stop until the VM was verified at home, beside the objective', () => {
    const met = down({ context: { stoppedAt: 5_000, homeAt: 9_000 }, rto: 4_000 });
    expect(met).toMatchObject({ ms: 4_000, beganBefore: false, met: true });
    expect(down({ context: { stoppedAt: 5_000, homeAt: 9_001 }, rto: 4_000 })).toMatchObject({ met: false });
    expect(down({ context: { stoppedAt: 5_000, homeAt: 9_000 } })).toMatchObject({ met: null, rtoMs: null });
  });

  test('of a VM that is down says so far, and has missed its objective as soon as it has', () => {
    const still = down({ context: { stoppedAt: 95_000 }, status: 'working', rto: 60_000 });
    expect(still).toMatchObject({ ms: 5_000, upAt: null, met: null });
    expect(still && downtimeWords(still)).toBe('5.0 s so far, still down');
    expect(down({ context: { stoppedAt: 30_000 }, status: 'working', rto: 60_000 })).toMatchObject({ met: false });
  });

  test('that began before the run is a lower bound, and keeps no objective by itself', () => {
    const before = down({ context: { homeAt: 4_000, skipped: ['commit', 'shutdown'] }, rto: 60_000 });
    expect(before).toMatchObject({ beganBefore: true, stoppedAt: null, ms: 3_000, met: null });
    expect(before && [downtimeWords(before), objectiveWords(before)]).toEqual([
      'more than 3.0 s: down before the run',
      'not decided (1m 00s)',
    ]);
  });

  test('ends with the start where it ran before when the failover home was taken back', () => {
    expect(down({ context: { stoppedAt: 5_000, homeAt: 7_000 }, status: 'failed' }, { takenBackAt: 11_000 })).toMatchObject({ ms: 6_000 });
    expect(down({ context: { stoppedAt: 5_000, homeAt: 7_000, course: 'back' }, status: 'working' })).toMatchObject({
      ms: 95_000,
      upAt: null,
    });
    expect(down({ context: { stoppedAt: 50_000, homeAt: 60_000 } }, { takenBackAt: 11_000 })).toMatchObject({ ms: 10_000 });
  });

  test('is not told of a VM that was running at home, or of another strategy', () => {
    expect(down({ context: { homeAt: 4_000, skipped: ['shutdown', 'start'] } })).toBeNull();
    expect(downtimeOf(view({ context: { stoppedAt: 1, homeAt: 2 } }, 'provider'), { startedAt: 1, takenBackAt: null }, 9)).toBeNull();
  });

  test('adds up what was measured, and counts the rest', () => {
    const all = [
      down({ context: { stoppedAt: 1_000, homeAt: 3_000 }, rto: 5_000 }),
      down({ context: { stoppedAt: 1_000, homeAt: 9_000 }, rto: 5_000 }),
      down({ context: { stoppedAt: 99_000 }, status: 'working' }),
      down({ context: { homeAt: 4_000, skipped: ['shutdown'] } }),
    ].flatMap((one) => one ?? []);
    const totals = downtimeTotals(all);
    expect(totals).toEqual({ measured: 2, longestMs: 8_000, sumMs: 10_000, beganBefore: 1, stillDown: 1, met: 1, missed: 1 });
    expect(totals && totalsWords(totals)).toBe(
      'longest 8.0 s, all 2 together 10.0 s; 1 still down; 1 down before the run; objective met by 1, missed by 1',
    );
    expect(downtimeTotals([])).toBeNull();
  });
});

describe('a point of no return', () => {
  test.each([
    ['commit: tracking.going', 'replica: checking', 'the failover is committed'],
    ['commit: reconciling.looking', 'replica: checking', 'the failover is committed'],
    ['protect: calling', 'completed', 'the failover is final'],
    ['commit: checking', 'reverse: checking', null],
    ['protect: approval', 'stopHome: checking', null],
    ['commit: calling', 'commit: tracking.going', null],
    ['shutdown: tracking.going', 'prepare: checking', null],
  ])('from %s to %s: %s', (from, to, words) => {
    const point = pointOfNoReturn({ from, to }, 'reverse');
    if (words === null) expect(point).toBeNull();
    else expect(point).toContain(words);
  });
});

describe('the scorecard of a drill', () => {
  const entry = (at: number, from: string, to: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
    position: '1-0',
    id: 'm0',
    at,
    event: 'host.observed',
    from,
    to,
    revision: 1,
    data: {},
    ...more,
  });
  const UP_TO_VERIFIED = [
    entry(1_000, 'testReplica: checking', 'testReplica: calling'),
    entry(2_000, 'testReplica: tracking.going', 'startTest: checking'),
    entry(2_100, 'startTest: checking', 'startTest: calling'),
    entry(4_100, 'startTest: tracking.going', 'verifyTest: proving.waiting'),
  ];
  const timesOf = (entries: readonly JournalEntry[]) => {
    const times = noDrillTimes();
    for (const one of entries) noteDrill(times, one);
    return times;
  };

  test('says how long it took until up and until verified, and that it was cleaned up', () => {
    const times = timesOf([
      ...UP_TO_VERIFIED,
      entry(7_100, 'verifyTest: proving.confirming', 'removeTest: checking'),
      entry(8_000, 'removeTest: tracking.going', 'completed'),
    ]);
    const card = scorecardOf(view({}, 'drill'), times);
    expect(card).toEqual({ passed: true, probes: 0, probesPassed: null, upMs: 2_000, verifiedMs: 5_000, cleanedUp: true });
    expect(card && scorecardWords(card)).toBe('passed: up after 2.0 s, verified after 5.0 s, cleaned up');
  });

  test('of one that failed says what was missing and that something is left', () => {
    const times = timesOf([...UP_TO_VERIFIED, entry(9_000, 'verifyTest: overdue', 'removeTest: checking')]);
    const because = { class: 'operator', code: 'verify.failed', message: 'no heartbeat' } as const;
    const card = scorecardOf(view({ status: 'attention', context: { course: 'back', because } }, 'drill', [{ kind: 'heartbeat' }]), times);
    expect(card && scorecardWords(card)).toBe('not passed: up after 2.0 s, 1 probe not asked, NOT CLEANED UP');
  });

  test('of one whose turn never came has nothing to clean up', () => {
    const card = scorecardOf(view({ status: 'cancelled' }, 'drill'), timesOf([]));
    expect(card && scorecardWords(card)).toBe('not passed: never seen up, nothing to clean up');
  });

  test('tells whether the probes passed', () => {
    const asked = entry(5_000, 'probe: calling', 'removeTest: checking', {
      event: 'xstate.done.actor.call',
      data: { output: { returnValue: 0, jobId: null } },
    });
    const card = scorecardOf(view({}, 'drill', [{ kind: 'heartbeat' }, { kind: 'heartbeat' }]), timesOf([...UP_TO_VERIFIED, asked]));
    expect(card && scorecardWords(card)).toBe('passed: up after 2.0 s, verified after 2.9 s, 2 probes passed, cleaned up');
  });
});
