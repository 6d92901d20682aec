import type { JobsOptions } from 'bullmq';
import type { EffectInput } from '../domain/effect.ts';
import type { InstanceId, InstanceRef, RunId } from './keys.ts';
import type { LiveEffect } from './row.ts';

/** A call that may be made. The token says which; everything else is read from the row. */
export interface Call {
  readonly id: InstanceId;
  readonly token: string;
}

/** Job of a run's queue for one host: a call, or several that were committed together. */
export interface CallJob {
  readonly run: RunId;
  readonly calls: readonly Call[];
}

/** Job of a run's control queue: a timer that is due, or a run that tells its members something. */
export type ControlJob =
  | { readonly kind: 'alarm'; readonly run: RunId; readonly id: InstanceId }
  | { readonly kind: 'tell'; readonly run: RunId; readonly token: string };

/** A job as BullMQ takes it. */
export interface NewJob<Data> {
  readonly name: string;
  readonly data: Data;
  readonly opts: JobsOptions;
}

/** Most calls in a job: a job costs as much as several commits, and calls that become ready together can share one. */
const MOST_CALLS = 16;

/** Records go when a job ends: what proves that an effect ran is its token, not its job. */
const OPTIONS: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/** Name of the job of one call. Made from its revision: adding it twice adds nothing. */
export function callJobId(run: RunId, { id, token }: Call): string {
  return `${run}.${id}.${token}`;
}

/** @param mark makes another job of it than the one that is there */
export function callJob(run: RunId, call: Call, effect: LiveEffect, mark?: string): NewJob<CallJob> {
  const name = (effect.input as EffectInput).effect;
  const jobId = callJobId(run, call) + (mark === undefined ? '' : `.${mark}`);
  return { name, data: { run, calls: [call] }, opts: { ...OPTIONS, jobId } };
}

/** Jobs of calls that are handed over together: each is named after its first and its last call, so that adding them twice adds nothing. */
export function sharedJobs(run: RunId, calls: readonly (Call & { readonly effect: LiveEffect })[]): readonly NewJob<CallJob>[] {
  const jobs: NewJob<CallJob>[] = [];
  for (let from = 0; from < calls.length; from += MOST_CALLS) {
    const [first, ...others] = calls.slice(from, from + MOST_CALLS);
    const last = others.at(-1);
    if (!first) continue;
    if (last) {
      const data = { run, calls: [first, ...others].map(({ id, token }) => ({ id, token })) };
      jobs.push({ name: 'calls', data, opts: { ...OPTIONS, jobId: `${callJobId(run, first)}-${last.id}.${last.token}` } });
    } else {
      jobs.push(callJob(run, { id: first.id, token: first.token }, first.effect));
    }
  }
  return jobs;
}

/** @param at when it is due, ms since the epoch */
export function alarmJob({ run, id }: InstanceRef, at: number, now: number): NewJob<ControlJob> {
  return {
    name: 'alarm',
    data: { kind: 'alarm', run, id },
    opts: { ...OPTIONS, jobId: `${run}.${id}.t${at}`, delay: Math.max(0, at - now) },
  };
}

/** @param mark as of {@link callJob}: telling twice changes nothing, and a job of that name may be stuck with a worker that is gone */
export function tellJob({ run, id }: InstanceRef, { token }: LiveEffect, mark?: string): NewJob<ControlJob> {
  const jobId = `${run}.${id}.${token}${mark === undefined ? '' : `.${mark}`}`;
  return { name: 'tell', data: { kind: 'tell', run, token }, opts: { ...OPTIONS, jobId } };
}
