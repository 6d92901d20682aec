import type { Decided, KnownRow } from './lifecycle.ts';
import type { Holder, Job, Stored, WorkerName } from './state.ts';

/** What commit.lua returns, by the names the committer gives its numbers. */
export type CommitAnswer = 'committed' | 'conflict';

/** `commit.lua`: a compare-and-set of the revision; row, call token, watch and outbox entry change together or not at all. */
export function commit(
  stored: Stored,
  { expected, decided, honest }: { readonly expected: number; readonly decided: Decided; readonly honest: boolean },
): { readonly answer: CommitAnswer; readonly stored: Stored } {
  if (stored.revision !== expected) return { answer: 'conflict', stored };
  const { row, startsCall, counted } = decided;
  const revision = expected + 1;
  const gone = decided.endsCall || row.call === null;
  const call = startsCall ? { token: startsCall, honest, claim: null } : gone ? null : stored.call;
  return {
    answer: 'committed',
    stored: {
      ...stored,
      revision,
      row,
      call,
      watch: decided.startsWatch ? row.watch : decided.endsWatch ? null : stored.watch,
      outbox: needsHandover(decided) ? [...stored.outbox, revision].sort((a, b) => a - b) : stored.outbox,
      counted: stored.counted + counted,
    },
  };
}

export function needsHandover({ startsCall }: Decided): boolean {
  return startsCall !== null;
}

/** `claim.lua`: `yes` once per token; everybody else hears who has it, or that Redis is another one than when the call was intended. */
export function claim(
  stored: Stored,
  token: string,
  worker: WorkerName,
): { readonly answer: 'yes' | 'dead' | 'doubt' | { readonly holder: Holder }; readonly stored: Stored } {
  const { call } = stored;
  if (call?.token !== token) return { answer: 'dead', stored };
  if (call.claim !== null) return { answer: { holder: call.claim }, stored };
  if (!call.honest) return { answer: 'doubt', stored };
  return { answer: 'yes', stored: { ...stored, call: { ...call, claim: worker } } };
}

/** `Dispatcher.handOver`: a call becomes a job unless there is one of its name. */
export function handOver(stored: Stored, { call }: KnownRow): Stored {
  return call === null ? stored : { ...stored, jobs: addJob(stored.jobs, { token: call, again: false, at: 'waiting' }) };
}

/** `commit.lua` with a row that stays as it is, for a watch that is not in the index. */
export function watchAgain(stored: Stored, { watch }: KnownRow, expected: number): Stored {
  return stored.revision === expected ? { ...stored, revision: expected + 1, watch } : stored;
}

/** BullMQ's `add`: nothing while there is a job of that name. */
export function addJob(jobs: readonly Job[], job: Job): readonly Job[] {
  return jobs.some((other) => isSameJob(other, job)) ? jobs : [...jobs, job];
}

export function isSameJob(one: Pick<Job, 'token' | 'again'>, other: Pick<Job, 'token' | 'again'>): boolean {
  return one.token === other.token && one.again === other.again;
}

/** BullMQ's `moveToFinished`: only by whoever still has the job. */
export function finishJob(stored: Stored, job: Pick<Job, 'token' | 'again'>, worker: WorkerName): Stored {
  return { ...stored, jobs: stored.jobs.filter((other) => !(isSameJob(other, job) && other.at === worker)) };
}

/** Whatever a killed process holds is held by nobody who lives. */
export function orphan(stored: Stored, worker: WorkerName): Stored {
  return {
    ...stored,
    call: stored.call?.claim === worker ? { ...stored.call, claim: 'gone' } : stored.call,
    jobs: stored.jobs.map((job) => (job.at === worker ? { ...job, at: 'gone' } : job)),
  };
}
