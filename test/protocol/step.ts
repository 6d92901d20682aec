import { orphan } from './redis.ts';
import { type Process, type State, type Stored, type Task, TROUBLES, type Trouble, type WorkerName } from './state.ts';

/** What the model may leave away or add, to see that the exploration notices it. The product has all of them. */
export interface Rules {
  /** `claim.lua` answers `yes` once per token. */
  readonly claims: boolean;
  /** `claim.lua` compares the epoch of the intent with the present one. */
  readonly epochs: boolean;
  /** Whoever finds a call claimed by somebody who is gone, or in doubt, reports that and does not call. */
  readonly looksFirst: boolean;
  /** A claimed call leaves the process soon or not at all. */
  readonly sendWindow: boolean;
  /** "Nothing to be seen on the host" counts only after the time of doubt. */
  readonly doubtTime: boolean;
  /** A report is accepted only while its token is live. */
  readonly tokens: boolean;
  /** `commit.lua` compares revisions. */
  readonly revisions: boolean;
  /** A commit leaves an outbox entry until its effects are handed over. */
  readonly outbox: boolean;
  /** The sweep gives up calls whose maker is gone. */
  readonly sweepsClaims: boolean;
  /** The sweep hands over again what is live and not in its place. */
  readonly sweepsDue: boolean;
  /** The sweep queues a call again whose job is stuck with a worker that is gone. */
  readonly unsticks: boolean;
  /** BullMQ moves a job back whose worker has lost its lock. */
  readonly stalls: boolean;
  /**
   * What a Redis that was restarted may have forgotten can still be on its way. `commit`: what is intended within the time of doubt of the first
   * intent is in doubt; `look`: so is what rests on a look that began before that was over.
   */
  readonly calm: 'never asked' | 'commit' | 'look';
  /** No token has the name of one that Redis has forgotten. */
  readonly freshTokens: boolean;
}

export type Bounds = Readonly<Partial<Record<Trouble, number>>> & {
  /** Most troubles together; absent: no limit. */
  readonly together?: number;
  /** Decisions and commits are two steps even where one would do. */
  readonly decidesApart?: boolean;
};

/** One atomic step of a process, of Redis, of BullMQ or of the world. */
export interface Step {
  /** What of the product takes it: `Class.method`, `function`, `script.lua`; of the rest of the world: `BullMQ`, `host`, `trouble`, `time`. */
  readonly by: string;
  readonly worker: WorkerName | null;
  readonly what: string;
  readonly trouble: Trouble | null;
  readonly next: State;
}

/** A process that takes a step: the task that is at hand has ended, others may have begun. */
export function withProcess(state: State, name: WorkerName, change: Partial<Process>): State {
  return { ...state, workers: { ...state.workers, [name]: { ...state.workers[name], ...change } } };
}

/** Jobs of calls that are not live any more are not kept: whoever takes one finds that out, and is done with it. */
export function withStored(state: State, stored: Stored): State {
  const { jobs, row } = stored;
  return {
    ...state,
    stored: jobs.every(({ token }) => token === row.call) ? stored : { ...stored, jobs: jobs.filter(({ token }) => token === row.call) },
  };
}

/** Replaces one task by what it becomes. */
export function become(state: State, name: WorkerName, task: Task, ...next: readonly Task[]): State {
  const { tasks } = state.workers[name];
  return withProcess(state, name, { tasks: [...tasks.filter((other) => other !== task), ...next] });
}

export function begin(state: State, name: WorkerName, task: Task): State {
  return withProcess(state, name, { tasks: [...state.workers[name].tasks, task] });
}

/** One more trouble of this kind; null when the bounds do not allow it. */
export function withTrouble(state: State, trouble: Trouble, bounds: Bounds): State | null {
  const { troubles } = state;
  const so = troubles[trouble] ?? 0;
  if (so >= (bounds[trouble] ?? 0)) return null;
  const all = TROUBLES.reduce((sum, one) => sum + (troubles[one] ?? 0), 0);
  if (all >= (bounds.together ?? Number.POSITIVE_INFINITY)) return null;
  return { ...state, troubles: { ...troubles, [trouble]: so + 1 } };
}

/** So much time passes that no claim that was made before may still be used. */
export function ageClaims(state: State): State {
  const aged = (process: Process): Process =>
    process.tasks.some(isYoungClaim)
      ? { ...process, tasks: process.tasks.map((task) => (isYoungClaim(task) ? { ...task, old: true } : task)) }
      : process;
  return { ...state, onDisk: null, workers: { a: aged(state.workers.a), b: aged(state.workers.b) } };
}

function isYoungClaim(task: Task): task is Task & { readonly is: 'call' } {
  return task.is === 'call' && task.at === 'claimed' && !task.old;
}

/** A process is killed, and another one started: what it held is held by nobody who lives, what it sent is on its way. */
export function crash(state: State, name: WorkerName): State {
  const { host, stored, onDisk } = state;
  const requests = host.requests.filter((one) => one.from !== name || one.is === 'in the air');
  const orphaned = requests.map((one) => (one.from === name ? { ...one, from: 'gone' as const } : one));
  return {
    ...withProcess(state, name, { tasks: [] }),
    stored: orphan(stored, name),
    onDisk: onDisk && orphan(onDisk, name),
    host: { ...host, requests: orphaned },
  };
}

/**
 * Leaves out what can only hear that its call is not live any more: it changes nothing, whenever that is. Not where Redis may lose what
 * it has confirmed, because then a token may come back.
 */
export function prune(state: State, { 'redis loses commits': losses = 0 }: Bounds): State {
  if (losses > 0) return state;
  const { call: live } = state.stored.row;
  const isOver = (task: Task): boolean =>
    (task.is === 'call' && task.at === 'read' && task.token !== live) ||
    (task.is === 'advance' && task.proposal === null && task.by?.effect === 'call' && task.by.token !== live);
  const pruned = (process: Process): Process =>
    process.tasks.some(isOver) ? { ...process, tasks: process.tasks.filter((task) => !isOver(task)) } : process;
  const { a, b } = state.workers;
  const workers = { a: pruned(a), b: pruned(b) };
  return workers.a === a && workers.b === b ? state : { ...state, workers };
}
