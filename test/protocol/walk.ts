import type { Model } from './model.ts';
import { runtimeSteps } from './runtime-steps.ts';
import { keyOf, NAMES, type State, type Task, type WorkerName } from './state.ts';
import { begin, prune, type Step } from './step.ts';
import { isDead, workerSteps } from './worker-steps.ts';

/** One move of a walk: a step of the model, or a whole sweep, which the product does in one go. */
export interface Move {
  readonly by: string;
  readonly worker: WorkerName | null;
  readonly what: string;
  readonly before: State;
  readonly after: State;
}

/** What the replay leaves to BullMQ and to the poller, whose loops have no place to stop at, and members it does not have. */
const LEFT_OUT = ['BullMQ', 'other members', 'Sweep.#outbox', 'Sweep.#claims', 'Sweep.#look', 'Sweep.#unstick'];

const DELIVERIES = ['Runtime.advance', 'commit.lua'];

/** A walk through the model that can be followed with the product, by chance. Ends where the product can not be stopped in between. */
function walk(model: Model, random: () => number, length: number): readonly Move[] {
  const moves: Move[] = [];
  let state = model.first();
  while (moves.length < length && !hasTaskNobodyStops(state)) {
    const all = [...movesOf(model, state)];
    const usual = all.filter(({ by }) => by !== 'trouble');
    const possible = usual.length > 0 && random() < 0.85 ? usual : all;
    const move = possible[Math.floor(random() * possible.length)];
    if (!move) break;
    moves.push(move);
    state = move.after;
  }
  return moves;
}

/**
 * The first walks of as many that have something to show the ones before have not: two moves, one after the other. Which workers and
 * revisions they are about is left out.
 */
export function walksOfInterest(
  model: Model,
  random: () => number,
  { of, most }: { readonly of: number; readonly most: number },
): readonly (readonly Move[])[] {
  const seen = new Set<string>();
  const chosen: (readonly Move[])[] = [];
  for (let tried = 0; tried < of && chosen.length < most; tried++) {
    const moves = walk(model, random, 60);
    const kinds = moves.map(({ by, what }) => `${by} ${what.replaceAll(/\br?\d[\w.]*/g, '')}`);
    const pairs = kinds.map((kind, n) => `${kinds[n - 1] ?? ''} | ${kind}`).filter((pair) => !seen.has(pair));
    if (pairs.length === 0) continue;
    for (const pair of pairs) seen.add(pair);
    chosen.push(moves);
  }
  return chosen;
}

function* movesOf(model: Model, state: State): Generator<Move> {
  const reporting = NAMES.find((name) => state.workers[name].tasks.some(isReport));
  for (const { by, worker, what, next } of model.steps(state)) {
    if (LEFT_OUT.includes(by)) continue;
    // From the answer, or the claim that is in doubt, to the commit the product does not stop.
    if (reporting !== undefined && !(DELIVERIES.includes(by) && isDelivered(next, reporting))) continue;
    if (worker !== null && isBusy(state, worker) && next.workers[worker].tasks.some(isReport)) continue;
    if (by === 'CallRunner.run' && state.stored.jobs.filter(({ at }) => at === 'waiting').length > 1) continue;
    yield { by, worker, what, before: state, after: next };
  }
  if (reporting === undefined) for (const name of NAMES) yield* sweepOf(model, state, name);
}

/** The report of a job. */
export function isReport(task: Task): boolean {
  return task.is === 'advance' && task.job !== null;
}

/** Two deliveries of one process at the same time are two processes to the model; the replay knows one at a time. */
function isBusy({ workers }: State, name: WorkerName): boolean {
  return workers[name].tasks.some((task) => task.is !== 'call' && !isReport(task));
}

function isDelivered({ workers }: State, reporting: WorkerName): boolean {
  return !workers[reporting].tasks.some(isReport);
}

function hasTaskNobodyStops({ workers }: State): boolean {
  return NAMES.some((name) =>
    workers[name].tasks.some(({ is }) => is === 'again' || is === 'rewatch' || is === 'unstick' || is === 'forget'),
  );
}

/** A thorough sweep from beginning to end, while nobody else who lives is about to do something. */
function* sweepOf(model: Model, state: State, name: WorkerName): Generator<Move> {
  const { workers, stored } = state;
  if (!workers[name].awake || stored.row.status === 'pending') return;
  if (NAMES.some((one) => workers[one].awake && workers[one].tasks.some(({ is }) => is !== 'call'))) return;
  if (stored.jobs.some(({ again, at }) => again || (at !== 'waiting' && !isDead(state, at)))) return;
  let after = state;
  for (let entry = after.stored.outbox[0]; entry !== undefined; entry = after.stored.outbox[0])
    after = finishTasks(
      model,
      begin(after, name, { is: 'again', row: after.stored.row, for: 'outbox', of: after.stored.revision, revision: entry }),
      name,
    );
  const claims = [...workerSteps(model.protocol, after, name)].find(({ by }) => by === 'Sweep.#claims');
  if (claims) after = finishTasks(model, prune(claims.next, model.protocol.bounds), name);
  const { row, revision } = after.stored;
  after = finishTasks(model, begin(after, name, { is: 'again', row, for: 'due', of: revision, revision }), name);
  if (keyOf(after) === keyOf(state)) return;
  const again = after.stored.jobs.some((job) => job.again) ? ', queues again' : '';
  yield { by: 'Sweep.sweep', worker: name, what: `thorough${claims ? ', gives up a claim' : ''}${again}`, before: state, after };
}

/** Goes on with everything the process has in memory but calls. */
function finishTasks(model: Model, from: State, name: WorkerName): State {
  let state = from;
  for (;;) {
    const task = state.workers[name].tasks.find(({ is }) => is !== 'call');
    if (!task) return state;
    const steps: Step[] = [...runtimeSteps(model.protocol, state, name, task)];
    const step =
      steps.find(({ trouble }) => trouble === null) ??
      [...workerSteps(model.protocol, state, name)].find(({ by }) => by === 'Sweep.#unstick');
    if (!step) throw new Error(`nothing goes on with ${task.is}`);
    state = prune(step.next, model.protocol.bounds);
  }
}
