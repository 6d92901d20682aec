import { writeFileSync } from 'node:fs';
import type { Contender, Outcome } from './contender.ts';
import type { RequestFigures } from './host/request-count.ts';
import type { HostsFigures } from './hosts-job.ts';
import { InFlight } from './in-flight.ts';
import { cpuMs, peakMemory } from './process-usage.ts';
import { type RedisFigures, redisFigures } from './redis-figures.ts';
import { Stage, type StageOptions } from './stage.ts';
import { percentile, sum } from './statistics.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface RoundOptions extends StageOptions {
  readonly workers: number;
  /** Processor profiles and Redis's own count of commands go to files that begin like this; null: none. */
  readonly profile: string | null;
}

/** What one round showed. Times in milliseconds, memory in bytes; "a VM" figures are totals divided by the number of VMs. */
export type RoundFigures = Readonly<Record<string, number>>;

/**
 * Brings all VMs home once: hosts and a Redis of its own, workers that are ready before the clock starts, everything counted from the first
 * command of the creation to the last VM's completion.
 * @throws Error when a VM is lost, or `InitiateFailback` did not arrive exactly once for each
 */
export async function runRound(contender: Contender, options: RoundOptions): Promise<RoundFigures> {
  const { members, jobMs, profile } = options;
  const stage = await Stage.set(contender, options);
  try {
    const { redis, server, hosts } = stage;
    const workers: WorkerProcess[] = [];
    for (let n = 0; n < options.workers; n++) workers.push(await stage.startWorker(profile && `${profile}-${n + 1}.cpuprofile`));
    const read = async (): Promise<Reading> => ({
      ...(await redisFigures(redis)),
      worker: sum(workers.map(({ pid }) => cpuMs(pid))),
      server: cpuMs(server.pid),
      peak: sum(workers.map(({ pid }) => peakMemory(pid))),
      journal: await contender.journalBytes(redis),
    });
    const inFlight = new InFlight(stage, contender, { workers, members, jobMs });
    const before = await read();
    const ownBefore = process.cpuUsage();
    const begunAt = Date.now();
    await stage.create();
    const createdAt = Date.now();
    const own = process.cpuUsage(ownBefore);
    await stage.untilAllHome(() => inFlight.look());
    const after = await read();
    const counted = await hosts.figures();
    const figures = await Promise.all(workers.map((worker) => worker.figures()));
    const requests = counted?.requests ? [counted.requests] : figures.map((one) => one.requests);
    const outcome = await contender.outcome(redis);
    if (profile !== null) writeFileSync(`${profile}.commands.json`, JSON.stringify(after.byCommand));
    const calls = callsOf(counted, requests);
    check(contender, calls, outcome, members);
    await Promise.all(workers.map((worker) => worker.end()));
    return {
      ...timesOf(outcome, { begunAt, createdAt, jobMs }),
      ...costs(before, after, outcome, members),
      creationCpu: (own.user + own.system) / 1000 / members,
      calls: calls.arrived / members,
      ...(counted === null ? {} : { wire: counted.wire / members }),
      ...requestsOf(requests, members),
      ...(await inFlight.figures()),
      heap: sum(figures.map(({ heapUsed }, n) => heapUsed - (workers[n]?.idleHeap ?? 0))) / members,
    };
  } finally {
    await stage.clear();
  }
}

interface Calls {
  readonly arrived: number;
  readonly repeated: readonly string[];
}

function callsOf(counted: HostsFigures | null, requests: readonly RequestFigures[]): Calls {
  if (counted !== null) return { arrived: counted.calls, repeated: counted.repeated };
  return { arrived: sum(requests.map((one) => one.requests.initiateFailback ?? 0)), repeated: requests.flatMap((one) => one.repeated) };
}

function check({ name }: Contender, { arrived, repeated }: Calls, { members }: Outcome, expected: number): void {
  if (members.length !== expected) throw new Error(`${name}: ${members.length} of ${expected} VMs came home`);
  if (repeated.length > 0) throw new Error(`${name}: InitiateFailback came again for ${repeated.length} VMs, e.g. ${repeated[0]}`);
  if (arrived !== expected) throw new Error(`${name}: InitiateFailback arrived ${arrived} times for ${expected} VMs`);
}

function timesOf({ members }: Outcome, { begunAt, createdAt, jobMs }: { begunAt: number; createdAt: number; jobMs: number }): RoundFigures {
  const lastAt = members.reduce((last, { completedAt }) => Math.max(last, completedAt), 0);
  const overheads = members.map(({ possibleAt, completedAt }) => completedAt - possibleAt - jobMs).sort((a, b) => a - b);
  const wall = lastAt - begunAt;
  return {
    wall,
    creation: createdAt - begunAt,
    rate: (members.length / wall) * 1000,
    overheadP50: percentile(overheads, 0.5),
    overheadP99: percentile(overheads, 0.99),
  };
}

interface Reading extends RedisFigures {
  readonly worker: number;
  readonly server: number;
  readonly peak: number;
  readonly journal: number;
}

function costs(before: Reading, after: Reading, { records }: Outcome, members: number): RoundFigures {
  const [worker, server] = [after.worker - before.worker, after.server - before.server];
  const redisBytes = after.usedMemory - before.usedMemory;
  return {
    cpu: (worker + server) / members,
    workerCpu: worker / members,
    redisCpu: server / members,
    peakMemory: after.peak,
    peakGrowth: (after.peak - before.peak) / members,
    redisBytes: redisBytes / members,
    redisBytesWithoutJournal: (redisBytes - (after.journal - before.journal)) / members,
    fileBytes: (after.fileBytes - before.fileBytes) / members,
    commands: (after.commands - before.commands) / members,
    scripts: (after.scripts - before.scripts) / members,
    records: records / members,
  };
}

function requestsOf(figures: readonly RequestFigures[], members: number): RoundFigures {
  const total: Record<string, number> = {};
  for (const { requests } of figures) for (const [name, count] of Object.entries(requests)) total[name] = (total[name] ?? 0) + count;
  const { observe = 0, prepare: _, replicationSettings = 0, ...ofVms } = total;
  const gaps = figures.flatMap((one) => one.gaps.flatMap(([gap, times]) => Array<number>(times).fill(gap))).sort((a, b) => a - b);
  return {
    requests: sum(Object.values(ofVms)) / members,
    looks: observe,
    settingsReads: replicationSettings,
    polls: sum(figures.map(({ polls }) => polls)),
    pollsPeak: sum(figures.map(({ pollsPeak }) => pollsPeak)),
    pollGapP50: percentile(gaps, 0.5),
    pollGapP99: percentile(gaps, 0.99),
    pollGapMax: gaps.at(-1) ?? 0,
  };
}
