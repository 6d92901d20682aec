import { expect, test } from 'vitest';
import type { HostObservation, JobObservation, ReplicationStatistics, VmObservation } from '../../src/domain/observation.ts';
import type { Watch } from '../../src/runtime/watch.ts';
import { WatchTable } from '../../workers/watch-table.ts';

const VM: VmObservation = {
  vmId: 'A',
  name: 'web-001',
  power: 3,
  operationalStatus: [2],
  healthState: 5,
  mode: 2,
  replication: { state: 13, health: 1, failedOverType: 0, lastReplicationTime: null },
  extended: false,
  testReplica: null,
};
const JOB: JobObservation = {
  jobId: 'J1',
  jobType: 124,
  jobState: 4,
  percentComplete: 10,
  errorCode: 0,
  errorDescription: null,
  timeSubmitted: null,
  owner: null,
  cancellable: true,
};

const STATISTICS: ReplicationStatistics = {
  pendingBytes: 0,
  replicatedBytes: 0,
  averageBytes: 0,
  maxBytes: 0,
  latencySeconds: 0,
  maxLatencySeconds: null,
  successCount: 0,
  missCount: 0,
  failureCount: 0,
  networkFailureCount: 0,
  health: 1,
  since: null,
  until: null,
  lastTestFailover: null,
};

function watch(about: Partial<Watch> = {}): Watch {
  return { side: 'home', sync: null, token: 'r2.0', vmId: 'A', host: 'hv-a', jobId: 'J1', allJobs: false, pace: 'copy', ...about };
}

function look(vm: Partial<VmObservation> | null = {}, job: Partial<JobObservation> | null = {}): HostObservation {
  return {
    takenAt: 0,
    vms: new Map(vm ? [['A', { ...VM, ...vm }]] : []),
    jobs: new Map(job ? [['J1', { ...JOB, ...job }]] : []),
    jobsOfVm: new Map([['A', ['J1']]]),
    statisticsOf: new Map(),
  };
}

function tableOf(watches: Record<string, Watch>): WatchTable {
  const table = new WatchTable();
  table.replace('r', new Map(Object.entries(watches)), 0);
  return table;
}

test('what was told is not told again; every change is', () => {
  const table = tableOf({ m0: watch() });
  const tell = (seen: HostObservation) => table.news(table.watched(), seen).length;
  expect(tell(look())).toBe(1);
  expect(tell(look())).toBe(0);
  expect(tell(look({}, { percentComplete: 60 }))).toBe(0);
  expect(tell(look({}, { jobState: 7, percentComplete: 100 }))).toBe(1);
  expect(tell(look({}, null))).toBe(1);
  expect(tell(look({ replication: null }, null))).toBe(1);
  expect(tell(look(null, null))).toBe(1);
  expect(tell(look(null, null))).toBe(0);
});

test('what could not be delivered is told again', () => {
  const table = tableOf({ m0: watch() });
  table.news(table.watched(), look());
  table.untell({ run: 'r', id: 'm0' });
  expect(table.news(table.watched(), look())).toHaveLength(1);
});

test('a look says nothing to who came after it had begun, not even to who was watched otherwise before', () => {
  const table = tableOf({ m0: watch(), m1: watch() });
  const before = table.watched();
  table.replace('r', new Map(Object.entries({ m0: watch({ token: 'r4.0' }), m1: watch(), m2: watch() })), 1);
  expect(table.news(before, look()).map(({ ref }) => ref.id)).toEqual(['m1']);
  expect(table.news(table.watched(), look()).map(({ ref, token }) => `${ref.id} ${token}`)).toEqual(['m0 r4.0', 'm2 r2.0']);
});

test('what one run has watched says nothing about what another one has', () => {
  const table = tableOf({ m0: watch() });
  table.replace('other', new Map(Object.entries({ m0: watch({ token: 'r9.0' }) })), 0);
  table.replace('other', new Map(), 0);
  expect(table.watched().map(({ ref }) => ref)).toEqual([{ run: 'r', id: 'm0' }]);
});

test('who wants all jobs hears of the unfinished ones only', () => {
  const table = tableOf({ m0: watch({ jobId: null, allJobs: true }) });
  expect(table.wantsAllJobs()).toBe(true);
  expect(table.news(table.watched(), look())[0]?.running.map(({ jobId }) => jobId)).toEqual(['J1']);
  expect(table.news(table.watched(), look({}, { jobState: 7 }))[0]?.running).toEqual([]);
});

test('progress is the percentage of the followed job', () => {
  const table = tableOf({ m0: watch(), m1: watch({ jobId: null }) });
  table.news(table.watched(), look({}, { percentComplete: 42 }));
  expect([...table.progress()]).toEqual([{ ref: { run: 'r', id: 'm0' }, percent: 42 }]);
});

/** A table of one VM whose bytes are counted twice, ten seconds apart, in this replication state. */
function countedIn(state: number): WatchTable {
  const table = tableOf({ m0: watch({ sync: { pendingBytes: 1, latency: 1 } }) });
  for (const [takenAt, pendingBytes] of [
    [1_000, 5_000],
    [11_000, 7_000],
  ] as const) {
    const replication = { state, health: 1, failedOverType: 0, lastReplicationTime: null };
    table.news(table.watched(), { ...look({ replication }), takenAt, statisticsOf: new Map([['A', { ...STATISTICS, pendingBytes }]]) });
  }
  return table;
}

test.each([3, 7, 8])('in state %i only changes are counted: the change log is watched', (state) => {
  const table = countedIn(state);
  expect([...table.changeLogs()]).toEqual(['A']);
  expect([...table.backlogs()]).toMatchObject([{ vmId: 'A', backlog: { pendingBytes: 7_000, rate: -200, isChangeLog: true } }]);
});

test.each([2, 10, 11, 9])('in state %i a copy is counted or nothing is, which says nothing about the change log', (state) => {
  const table = countedIn(state);
  expect(table.changeLogs().size).toBe(0);
  expect([...table.backlogs()]).toMatchObject([{ backlog: { pendingBytes: 7_000, isChangeLog: false } }]);
});
