import { randomUUID } from 'node:crypto';
import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { EnabledState, RequestedState } from '../src/domain/power.ts';
import { ReplicationState } from '../src/domain/replication.ts';
import type { HyperVHost, ReplicationSettings } from '../src/hyperv/hyperv-host.ts';

/**
 * What one would build without this product: one durable BullMQ job a VM that goes through its steps, by the pattern BullMQ's documentation
 * calls "process step jobs". Every step makes one request to the host and stores what came of it before the next begins. No statechart, no
 * journal, no look before a call is repeated: a step whose worker died after the call and before the record makes the call again.
 *
 * A lifecycle is 8 durable records (the job, one for each of 6 steps, the result) and 6 requests; further polls are neither.
 */
export const YARDSTICK_QUEUE = { name: 'yardstick', prefix: 'bench' } as const;
/** Hash by VM: what came of it. */
export const YARDSTICK_RESULTS = 'bench:results';

const STEPS = ['look', 'call', 'wait', 'outcome', 'start', 'verify'] as const;
type StepName = (typeof STEPS)[number];

export interface StepData {
  readonly vmId: string;
  readonly host: string;
  /** When it was created, ms since the epoch. */
  readonly createdAt: number;
  /** Number of the next step. */
  readonly step: number;
  readonly jobId: string | null;
  /** What the steps saw, by name. */
  readonly seen: Readonly<Partial<Record<StepName, unknown>>>;
}

/** The last record of a VM. */
export interface StepResult extends StepData {
  readonly completedAt: number;
}

export interface YardstickParts {
  /** Connection of a worker: commands wait while Redis is away. */
  readonly redis: Redis;
  readonly connect: (host: string) => Promise<HyperVHost>;
  /** VMs at a time. */
  readonly concurrency: number;
  /** Milliseconds between two looks at a VM whose copy is under way. */
  readonly pollMs: number;
}

/** Lets jobs go when they are done: the result is in {@link YARDSTICK_RESULTS}. */
export const YARDSTICK_JOB = { removeOnComplete: true, removeOnFail: false } as const;

export function startYardstick({ redis, connect, concurrency, pollMs }: YardstickParts): Worker<StepData> {
  const settings = new SettingsByHost();

  /** Undefined: not yet. */
  const take = async (step: StepName, { vmId, jobId, host: name }: StepData): Promise<unknown> => {
    const host = await connect(name);
    switch (step) {
      case 'look': {
        const power = await host.powerOf(vmId);
        require(power?.power === EnabledState.Off && power.state === ReplicationState.Committed, `${vmId} can not be brought home`);
        return power;
      }
      case 'call':
        return await host.initiateFailback(
          { vmId, settings: await settings.of(host, vmId), recoveryPointIdentifier: null },
          { messageId: randomUUID(), sendBy: performance.now() + 2_000 },
        );
      case 'wait': {
        const power = await host.powerOf(vmId);
        return power?.state === ReplicationState.FailbackComplete ? power : undefined;
      }
      case 'outcome': {
        const errors = jobId === null ? [] : await host.jobErrors(jobId);
        require(errors.length === 0, `the copy of ${vmId} failed`);
        return errors;
      }
      case 'start':
        return await host.requestStateChange(vmId, RequestedState.Start, {
          messageId: randomUUID(),
          sendBy: performance.now() + 2_000,
        });
      case 'verify': {
        const power = await host.powerOf(vmId);
        return power?.power === EnabledState.Running ? power : undefined;
      }
    }
  };

  const process = async (job: Job<StepData>, token?: string): Promise<void> => {
    let data = job.data;
    for (let name = STEPS[data.step]; name !== undefined; name = STEPS[data.step]) {
      const seen = await take(name, data);
      if (seen === undefined) {
        await job.moveToDelayed(Date.now() + pollMs, token);
        throw new DelayedError();
      }
      const jobId = name === 'call' ? (seen as { jobId: string | null }).jobId : data.jobId;
      data = { ...data, jobId, step: data.step + 1, seen: { ...data.seen, [name]: seen } };
      await job.updateData(data);
    }
    const result: StepResult = { ...data, completedAt: Date.now() };
    await redis.hset(YARDSTICK_RESULTS, data.vmId, JSON.stringify(result));
  };

  const worker = new Worker<StepData>(YARDSTICK_QUEUE.name, process, { connection: redis, prefix: YARDSTICK_QUEUE.prefix, concurrency });
  worker.on('error', (error) => console.error('yardstick:', error.message));
  worker.on('failed', (job, error) => console.error('yardstick:', job?.data.vmId, error.message));
  return worker;
}

/** One enumeration of a host serves all of its VMs. */
class SettingsByHost {
  readonly #read = new Map<HyperVHost, Promise<ReadonlyMap<string, ReplicationSettings>>>();

  async of(host: HyperVHost, vmId: string): Promise<ReplicationSettings> {
    let read = this.#read.get(host);
    if (!read) {
      read = host.replicationSettings();
      this.#read.set(host, read);
    }
    const settings = (await read).get(vmId);
    if (!settings) throw new UnrecoverableError(`no replication settings for ${vmId}`);
    return settings;
  }
}

function require(holds: boolean, message: string): asserts holds {
  if (!holds) throw new UnrecoverableError(message);
}
