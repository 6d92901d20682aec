import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startManagedRedis } from '../src/redis/managed-redis.ts';
import type { Contender, Outcome } from './contender.ts';
import type { HostKind } from './host/host-factory.ts';
import type { RequestFigures } from './host/request-count.ts';
import { cpuMs, peakMemory } from './process-usage.ts';
import { type RedisFigures, redisFigures } from './redis-figures.ts';
import { percentile } from './statistics.ts';
import { type Figures, WorkerProcess } from './worker-process.ts';
import type { BenchHost } from './world.ts';

export interface RoundOptions {
  readonly hosts: readonly BenchHost[];
  readonly kind: HostKind;
  readonly members: number;
  readonly jobMs: number;
  readonly pollMs: number;
  readonly workers: number;
  readonly concurrency: number | null;
  readonly appendfsync: 'everysec' | 'always';
  /** Processor profiles and Redis's own count of commands go to files that begin like this; null: none. */
  readonly profile: string | null;
}

/** What one round showed. Times in milliseconds, memory in bytes; "a VM" figures are totals divided by the number of VMs. */
export type RoundFigures = Readonly<Record<string, number>>;

const LOOK_MS = 20;
const PATIENCE_MS = 600_000;

/**
 * Brings all VMs home once: a Redis of its own, workers that are ready before the clock starts, everything counted from the first command of the
 * creation to the last VM's completion.
 * @throws Error when a VM is lost, or a host is asked a second time to bring one home
 */
export async function runRound(contender: Contender, options: RoundOptions): Promise<RoundFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'failback-bench-'));
  const server = await startManagedRedis({ directory, appendfsync: options.appendfsync });
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  const { kind, hosts, jobMs, pollMs, concurrency, profile } = options;
  const job = { redisUrl: server.url, kind, hosts, jobMs, pollMs, concurrency };
  const workers: WorkerProcess[] = [];
  try {
    for (let n = 0; n < options.workers; n++) {
      const own = { ...job, profile: profile && `${profile}-${n + 1}.cpuprofile` };
      workers.push(await WorkerProcess.start({ program: contender.program, job: own }));
    }
    const usage = () => ({ worker: sum(workers.map(({ pid }) => cpuMs(pid))), server: cpuMs(server.pid), own: process.cpuUsage() });
    const before = { ...(await redisFigures(redis)), ...usage(), peak: sum(workers.map(({ pid }) => peakMemory(pid))) };
    const begunAt = Date.now();
    await contender.create(redis, hosts);
    const createdAt = Date.now();
    const own = process.cpuUsage(before.own);
    await untilAllHome(contender, redis, options.members);
    const after = { ...(await redisFigures(redis)), ...usage(), peak: sum(workers.map(({ pid }) => peakMemory(pid))) };
    const figures = await Promise.all(workers.map((worker) => worker.figures()));
    const outcome = await contender.outcome(redis);
    if (profile !== null) writeFileSync(`${profile}.commands.json`, JSON.stringify(after.byCommand));
    check(contender, figures, outcome, options.members);
    await Promise.all(workers.map((worker) => worker.end()));
    return {
      ...timesOf(outcome, { begunAt, createdAt, jobMs }),
      ...costs(before, after, outcome, options.members),
      creationCpu: (own.user + own.system) / 1000 / options.members,
      ...requestsOf(
        figures.map(({ requests }) => requests),
        options.members,
      ),
      heap: sum(figures.map(({ heapUsed }, n) => heapUsed - (workers[n]?.idleHeap ?? 0))) / options.members,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    redis.disconnect();
    await server.kill();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function untilAllHome(contender: Contender, redis: Redis, members: number): Promise<void> {
  const givenUp = Date.now() + PATIENCE_MS;
  while ((await contender.completed(redis)) < members || !(await contender.isSettled(redis))) {
    if (Date.now() > givenUp) throw new Error(`${contender.name}: only ${await contender.completed(redis)} of ${members} VMs came home`);
    await sleep(LOOK_MS);
  }
}

function check(contender: Contender, figures: readonly Figures[], { members }: Outcome, expected: number): void {
  if (members.length !== expected) throw new Error(`${contender.name}: ${members.length} of ${expected} VMs came home`);
  const repeated = figures.flatMap(({ requests }) => requests.repeated);
  if (repeated.length > 0)
    throw new Error(`${contender.name}: InitiateFailback came again for ${repeated.length} VMs, e.g. ${repeated[0]}`);
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
}

function costs(before: Reading, after: Reading, { records, journalBytes }: Outcome, members: number): RoundFigures {
  const [worker, server] = [after.worker - before.worker, after.server - before.server];
  const redisBytes = after.usedMemory - before.usedMemory;
  return {
    cpu: (worker + server) / members,
    workerCpu: worker / members,
    redisCpu: server / members,
    peakMemory: after.peak,
    peakGrowth: (after.peak - before.peak) / members,
    redisBytes: redisBytes / members,
    redisBytesWithoutJournal: (redisBytes - journalBytes) / members,
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
    pollGapP99: percentile(gaps, 0.99),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
