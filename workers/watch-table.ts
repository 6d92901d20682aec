import { jobPhase } from '../src/domain/cim-job.ts';
import type { Side } from '../src/domain/member.ts';
import type { HostObservation, JobObservation, ReplicationStatistics, VmObservation } from '../src/domain/observation.ts';
import { ReplicationState } from '../src/domain/replication.ts';
import type { InstanceId, InstanceRef, RunId } from '../src/runtime/keys.ts';
import type { Watch } from '../src/runtime/watch.ts';
import type { WatchedProgress } from './poll-interval.ts';

/** A member that is watched, as a look finds it when it begins: another watch of the same member is another one of these. */
export interface Watched {
  readonly ref: InstanceRef;
}

interface Entry extends Watched {
  readonly watch: Watch;
  readonly since: number;
  /** What was last delivered; empty before the first delivery. */
  digest: string;
  percent: { readonly first: number; readonly now: number } | null;
  statistics: ReplicationStatistics | null;
  backlog: Backlog | null;
}

/** What is still to be sent, as the host counts it. */
export interface Backlog {
  readonly pendingBytes: number;
  /** Bytes a second it has become less, over the whole watch; null before the second count, negative when it grows. */
  readonly rate: number | null;
  /** Only changes are counted, no copy: what is pending is the change log. */
  readonly isChangeLog: boolean;
  readonly firstBytes: number;
  readonly firstAt: number;
  /** ms since the epoch */
  readonly at: number;
}

/** Nothing is copied as a whole here: the host counts changes. */
const CHANGES_ONLY: readonly number[] = [ReplicationState.Replicating, ReplicationState.Suspended, ReplicationState.Critical];

/** Statistics cost a call a VM: they are read no more often than this, milliseconds. */
const STATISTICS_MS = 3_000;

/** A look at one member that says something new. */
export interface News {
  readonly ref: InstanceRef;
  readonly token: string;
  readonly vm: VmObservation | null;
  readonly job: JobObservation | null;
  readonly running: readonly JobObservation[];
  readonly side: Side;
  readonly host: string;
  readonly statistics: ReplicationStatistics | null;
  readonly test: VmObservation | null;
}

/** The members one host is watched for, and what each of them was last told. */
export class WatchTable {
  readonly #entries = new Map<string, Entry>();

  /** What a run has watched from now on; entries that did not change keep what they know. */
  replace(run: RunId, watches: ReadonlyMap<InstanceId, Watch>, now: number): void {
    for (const [field, { ref }] of this.#entries) if (ref.run === run && !watches.has(ref.id)) this.#entries.delete(field);
    for (const [id, watch] of watches) this.set({ run, id }, watch, now);
  }

  /** One that is known as it is keeps what it knows. */
  set(ref: InstanceRef, watch: Watch, now: number): void {
    const field = fieldOf(ref);
    if (this.#entries.get(field)?.watch.token === watch.token) return;
    this.#entries.set(field, { ref, watch, since: now, digest: '', percent: null, statistics: null, backlog: null });
  }

  /** What is watched for a member; undefined when nothing is, or with another token. */
  get(ref: InstanceRef, token: string): Watch | undefined {
    const watch = this.#entries.get(fieldOf(ref))?.watch;
    return watch?.token === token ? watch : undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Everything that is watched at this moment: only that may be told what a look that starts now will see. */
  watched(): readonly Watched[] {
    return [...this.#entries.values()];
  }

  /** The runs that watch, each with its plan's name for the host: any of them knows how to reach it. */
  owners(): readonly { readonly run: RunId; readonly host: string }[] {
    const owners = new Map<RunId, string>();
    for (const { ref, watch } of this.#entries.values()) owners.set(ref.run, watch.host);
    return [...owners].map(([run, host]) => ({ run, host }));
  }

  /** Nobody waits any more for what this token reports. */
  drop(ref: InstanceRef, token: string): void {
    if (this.get(ref, token)) this.remove(ref);
  }

  remove(ref: InstanceRef): void {
    this.#entries.delete(fieldOf(ref));
  }

  removeRun(run: RunId): void {
    for (const [field, { ref }] of this.#entries) if (ref.run === run) this.#entries.delete(field);
  }

  wantsAllJobs(): boolean {
    for (const { watch } of this.#entries.values()) if (watch.allJobs) return true;
    return false;
  }

  /** What the look says to whom; remembers it as told. */
  news(watched: readonly Watched[], seen: HostObservation): News[] {
    const news: News[] = [];
    for (const one of watched) {
      const entry = this.#entries.get(fieldOf(one.ref));
      if (!entry || entry !== one) continue;
      const { watch, ref } = entry;
      const vm = seen.vms.get(watch.vmId) ?? null;
      const job = watch.jobId === null ? null : (seen.jobs.get(watch.jobId) ?? null);
      const running = watch.allJobs ? unfinishedJobs(seen, watch.vmId) : [];
      const percent = job?.percentComplete;
      if (percent !== undefined) entry.percent = { first: entry.percent?.first ?? percent, now: percent };
      const test = vm?.testReplica ? (seen.vms.get(vm.testReplica) ?? null) : null;
      const statistics = seen.statisticsOf.get(watch.vmId);
      if (watch.sync && statistics) note(entry, statistics, vm, seen.takenAt);
      const digest = digestOf(entry, vm, job, running, test);
      if (digest === entry.digest) continue;
      entry.digest = digest;
      news.push({
        ref,
        token: watch.token,
        side: watch.side,
        host: watch.host,
        vm,
        job,
        running,
        statistics: entry.statistics,
        test,
      });
    }
    return news;
  }

  /** VMs whose replication statistics are due; all of them when the clock was set. */
  wantsStatistics(now: number): readonly string[] {
    const due = [...this.#entries.values()].filter(
      ({ watch, backlog }) => watch.sync !== null && Math.abs(now - (backlog?.at ?? 0)) >= STATISTICS_MS,
    );
    return due.map(({ watch }) => watch.vmId);
  }

  /** What is still to be sent, of every VM whose statistics are read. */
  *backlogs(): Generator<{ readonly ref: InstanceRef; readonly vmId: string; readonly backlog: Backlog }> {
    for (const { ref, watch, backlog } of this.#entries.values()) if (backlog) yield { ref, vmId: watch.vmId, backlog };
  }

  /** VMs whose change log is watched. */
  changeLogs(): ReadonlySet<string> {
    const vmIds = new Set<string>();
    for (const { watch, backlog } of this.#entries.values()) if (backlog?.isChangeLog) vmIds.add(watch.vmId);
    return vmIds;
  }

  /** Percent of every followed job that changed since the last call. */
  *progress(): Generator<{ readonly ref: InstanceRef; readonly percent: number }> {
    for (const entry of this.#entries.values()) if (entry.percent) yield { ref: entry.ref, percent: entry.percent.now };
  }

  /** What was told may have been forgotten: tells everybody everything again next time. */
  untellAll(): void {
    for (const entry of this.#entries.values()) entry.digest = '';
  }

  /** The look did not reach its reader: tells it again next time. */
  untell(ref: InstanceRef): void {
    const entry = this.#entries.get(fieldOf(ref));
    if (entry) entry.digest = '';
  }

  *paces(now: number): Generator<WatchedProgress> {
    for (const { watch, since, percent } of this.#entries.values()) yield { pace: watch.pace, age: now - since, percent };
  }
}

function fieldOf({ run, id }: InstanceRef): string {
  return `${run}/${id}`;
}

function unfinishedJobs(seen: HostObservation, vmId: string): readonly JobObservation[] {
  return (seen.jobsOfVm?.get(vmId) ?? [])
    .map((jobId) => seen.jobs.get(jobId))
    .filter((job): job is JobObservation => job !== undefined)
    .filter(({ jobState, errorCode }) => jobPhase(jobState, errorCode) === 'running');
}

function note(entry: Entry, statistics: ReplicationStatistics, vm: VmObservation | null, at: number): void {
  const { pendingBytes } = statistics;
  const first = entry.backlog ?? { firstBytes: pendingBytes, firstAt: at };
  const seconds = (at - first.firstAt) / 1000;
  entry.statistics = statistics;
  entry.backlog = {
    pendingBytes,
    rate: seconds > 0 ? (first.firstBytes - pendingBytes) / seconds : null,
    isChangeLog: CHANGES_ONLY.includes(vm?.replication?.state ?? ReplicationState.Unknown),
    firstBytes: first.firstBytes,
    firstAt: first.firstAt,
    at,
  };
}

/** Everything a lifecycle may react to; percent and bytes are not in it. */
function digestOf(
  { watch, statistics }: Entry,
  vm: VmObservation | null,
  job: JobObservation | null,
  running: readonly JobObservation[],
  test: VmObservation | null,
): string {
  if (!vm) return 'gone';
  const { replication } = vm;
  return [
    vm.power,
    vm.mode,
    vm.healthState,
    vm.operationalStatus.join(','),
    replication ? `${replication.state},${replication.health},${replication.failedOverType}` : '-',
    job ? `${job.jobState},${job.errorCode}` : '-',
    running.map(({ jobId }) => jobId).join(','),
    test ? `${test.vmId},${test.power},${test.healthState},${test.operationalStatus.join(',')}` : (vm.testReplica ?? '-'),
    watch.sync && statistics
      ? statistics.pendingBytes <= watch.sync.pendingBytes && statistics.latencySeconds * 1000 <= watch.sync.latency
      : '-',
  ].join('|');
}
