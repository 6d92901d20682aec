import type { Decided, EventName, KnownRow, Operation, ReportOf } from './lifecycle.ts';

/** The two worker processes. One that is killed is replaced at once by a new one, which has another name in leases and claims. */
export type WorkerName = 'a' | 'b';
/** Who holds something in Redis; `gone` is a process that was killed. */
export type Holder = WorkerName | 'gone';

/** A job of the call queue. */
export interface Job {
  readonly token: string;
  /** Queued again, or added twice, under a name of its own. */
  readonly again: boolean;
  /** `waiting`, or active: who has taken it. */
  readonly at: Holder | 'waiting';
}

/** Everything Redis keeps about the member. */
export interface Stored {
  readonly revision: number;
  readonly row: KnownRow;
  /** Revisions whose effects may not have been handed over. */
  readonly outbox: readonly number[];
  /** Entry of the hash `calls`; `honest`: its epoch is the present one. */
  readonly call: { readonly token: string; readonly honest: boolean; readonly claim: Holder | null } | null;
  readonly jobs: readonly Job[];
  /** Entry in the index of watches. */
  readonly watch: string | null;
  /** Calls that are counted as having reached the host. */
  readonly counted: number;
}

/** What a process has in memory between two of its steps: one entry for every promise it waits for. */
export type Task =
  /** `CallRunner.run` before the answer. `old`: more time has passed since the claim than the request may take to leave. */
  | {
      readonly is: 'call';
      readonly token: string;
      readonly again: boolean;
      readonly at: 'taken' | 'read' | 'claimed' | 'sent';
      readonly old: boolean;
    }
  /** `Runtime.advance`. `job`: it is a report of this job. `stale`: rests on a look that began before Redis was calm. */
  | {
      readonly is: 'advance';
      readonly event: EventName;
      readonly by: ReportOf | null;
      readonly watch: string | null;
      readonly job: boolean | null;
      readonly stale: boolean;
      readonly proposal: { readonly expected: number; readonly decided: Decided; readonly sentBefore: boolean } | null;
    }
  /** `Dispatcher.handOver` after a commit. */
  | { readonly is: 'hand over'; readonly revision: number; readonly decided: Decided; readonly job: Finished | null }
  /** `Runtime.handOverAgain` of a row that was read, `of` a revision; `revision`: of the outbox entry, where it is for one. */
  | { readonly is: 'again'; readonly row: KnownRow; readonly for: 'outbox' | 'due'; readonly of: number; readonly revision: number }
  /** `Runtime.#watchAgain` where the index does not hold what the row wants watched. */
  | { readonly is: 'rewatch'; readonly row: KnownRow; readonly revision: number; readonly then: readonly Task[] }
  /** `Sweep.#unstick` · the outbox entry of a row that was handed over again. */
  | { readonly is: 'unstick'; readonly token: string }
  | { readonly is: 'forget'; readonly revision: number };

/** The job that ends with a task. */
export interface Finished {
  readonly token: string;
  readonly again: boolean;
}

export interface Process {
  /** False: stopped for longer than every lease; others hold it for dead. */
  readonly awake: boolean;
  readonly tasks: readonly Task[];
}

/** A request that has left a process and has not come to the host yet, or whose answer has not come back. */
export interface Request {
  readonly token: string;
  readonly from: Holder;
  readonly is: 'in the air' | 'accepted' | 'refused';
}

export interface Host {
  readonly operation: Operation;
  readonly requests: readonly Request[];
  /** Requests that came to the host. */
  readonly received: number;
}

export interface State {
  readonly stored: Stored;
  /** What a Redis that loses its last second comes back with; null: nothing is going to be lost. */
  readonly onDisk: Stored | null;
  /** `new`: nothing was intended since Redis was restarted; `young`: not for the time of doubt since something first was. */
  readonly server: 'calm' | 'new' | 'young';
  readonly workers: Readonly<Record<WorkerName, Process>>;
  readonly host: Host;
  /** How often each trouble has happened. */
  readonly troubles: Readonly<Partial<Record<Trouble, number>>>;
}

/** What can go wrong. Each is bounded. */
export const TROUBLES = [
  'crash',
  'freeze',
  'queue lost',
  'watch lost',
  'job doubled',
  'redis restarts',
  'redis loses hand-overs and claims',
  'redis loses commits',
  'redis answer lost',
  'request lost',
  'answer lost',
  'answer late',
  'not sent',
  'needless sweep',
  'pause',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export const NAMES: readonly WorkerName[] = ['a', 'b'];

export function firstState(row: KnownRow): State {
  const idle: Process = { awake: true, tasks: [] };
  return {
    stored: { revision: 1, row, outbox: [], call: null, jobs: [], watch: null, counted: 0 },
    onDisk: null,
    server: 'calm',
    workers: { a: idle, b: idle },
    host: { operation: 'none', requests: [], received: 0 },
    troubles: {},
  };
}

/** States of one key are the same but for which of the two workers is called `a`. */
export function keyOf(state: State): string {
  const [one, other] = [encode(state, 'a', 'b'), encode(state, 'b', 'a')];
  return [one, other].sort()[0] as string;
}

function encode({ stored, onDisk, server, workers, host, troubles }: State, first: WorkerName, second: WorkerName): string {
  const name = (holder: Holder | 'waiting' | null): string =>
    holder === first ? '1' : holder === second ? '2' : holder === null ? '-' : (holder[0] ?? '');
  const requests = host.requests.map(({ token, from, is }) => `${token}${name(from)}${is}`).sort();
  return [
    encodeStored(stored, name),
    onDisk ? encodeStored(onDisk, name) : '-',
    server,
    encodeProcess(workers[first]),
    encodeProcess(workers[second]),
    host.operation,
    requests.join(),
    host.received,
    TROUBLES.map((trouble) => troubles[trouble] ?? 0).join(''),
  ].join('#');
}

function encodeStored(
  { revision, row, outbox, call, jobs, watch, counted }: Stored,
  name: (holder: Holder | 'waiting' | null) => string,
): string {
  const queue = jobs.map(({ token, again, at }) => `${token}${again ? '+' : ''}${name(at)}`).sort();
  const claim = call ? `${call.token}${call.honest ? '' : '?'}${name(call.claim)}` : '-';
  return `${revision};${row.id};${outbox.join()};${claim};${queue.join()};${watch};${counted}`;
}

function encodeProcess({ awake, tasks }: Process): string {
  return `${awake ? '' : 'zz'}${tasks.map(encodeTask).sort().join('/')}`;
}

function encodeTask(task: Task): string {
  switch (task.is) {
    case 'call':
      return `c${task.token}${task.again ? '+' : ''}${task.at}${task.old ? 'old' : ''}`;
    case 'advance': {
      const { proposal, by } = task;
      const decided = proposal && `${proposal.expected}>${proposal.decided.id}${proposal.sentBefore ? 'r' : ''}`;
      return `v${task.event}|${by?.effect}${by?.token}|${task.watch}|${task.job}|${task.stale ? 's' : ''}|${decided}`;
    }
    case 'hand over':
      return `h${task.revision}>${task.decided.id}|${task.job?.token}${task.job?.again}`;
    case 'again':
      return `g${task.row.id}${task.for}${task.of}|${task.revision}`;
    case 'rewatch':
      return `w${task.row.id}|${task.revision}${task.then.map(encodeTask).join()}`;
    case 'unstick':
      return `u${task.token}`;
    case 'forget':
      return `o${task.revision}`;
  }
}
