import type { Protocol } from './runtime-steps.ts';
import { type Job, NAMES, type Process, type State, type Stored, type Task, type Trouble, type WorkerName } from './state.ts';
import { ageClaims, become, begin, crash, type Step, withProcess, withStored, withTrouble } from './step.ts';
import { advance, isAtWorkOn, isDead } from './worker-steps.ts';

/** What the host, BullMQ and time do by themselves, and what goes wrong. */
export function* worldSteps(protocol: Protocol, state: State): Generator<Step> {
  yield* hostSteps(state);
  yield* timeSteps(protocol, state);
  for (const [trouble, worker, what, change] of troubles(state)) {
    const counted = withTrouble(state, trouble, protocol.bounds);
    if (counted)
      yield {
        by: 'trouble',
        worker,
        what: `${trouble}${what ? `: ${what}` : ''}`,
        trouble,
        next: { ...change, troubles: counted.troubles },
      };
  }
}

function* hostSteps(state: State): Generator<Step> {
  const { host } = state;
  const { operation, requests, received } = host;
  const step = (what: string, change: Partial<State['host']>): Step => ({
    by: 'host',
    worker: null,
    what,
    trouble: null,
    next: { ...state, host: { ...host, ...change } },
  });
  for (const request of requests) {
    if (request.is !== 'in the air') continue;
    const isFree = operation === 'none';
    const rest = requests.filter((one) => one !== request);
    const answered = { ...request, is: isFree ? ('accepted' as const) : ('refused' as const) };
    yield step(`${request.token} arrives`, {
      operation: isFree ? 'running' : operation,
      requests: request.from === 'gone' ? rest : [...rest, answered],
      received: received + 1,
    });
  }
  if (operation === 'running') yield step('the operation is done', { operation: 'done' });
}

function* timeSteps({ rules, bounds }: Protocol, state: State): Generator<Step> {
  const { stored, workers, server, host, onDisk } = state;
  const step = (by: string, worker: WorkerName | null, what: string, next: State): Step => ({ by, worker, what, trouble: null, next });
  for (const name of NAMES) {
    if (!workers[name].awake) yield step('time', name, 'the process goes on', withProcess(state, name, { awake: true }));
  }
  for (const job of stored.jobs) {
    if (job.at === 'waiting' || !(isDead(state, job.at) || isForgotten(state, job)) || !rules.stalls) continue;
    const jobs = stored.jobs.map((other) => (other === job ? { ...job, at: 'waiting' as const } : other));
    yield step('BullMQ', null, `job ${job.token} has stalled`, { ...withStored(state, { ...stored, jobs }), onDisk: null });
  }
  if (server === 'new') yield step('other members', null, 'a call of another member is intended', { ...state, server: 'young' });
  if (server === 'young' && !host.requests.some(({ is }) => is === 'in the air'))
    yield step('time', null, 'the time of doubt after the first intent is over', { ...ageClaims(state), server: 'calm' });
  for (const trouble of LOSSES) {
    if (onDisk !== null || withTrouble(state, trouble, bounds) === null) continue;
    yield { ...step('Redis', null, 'what follows is not on disk yet', { ...state, onDisk: stored }), trouble };
  }
}

/** Whoever is to be at work on the job does not know of it: Redis has lost that it was finished. */
function isForgotten({ workers }: State, { at, token }: Job): boolean {
  return (at === 'a' || at === 'b') && !workers[at].tasks.some((task) => isAtWorkOn(task, token));
}

const LOSSES = ['redis loses hand-overs and claims', 'redis loses commits'] as const;

type Happening = readonly [trouble: Trouble, worker: WorkerName | null, what: string, next: State];

function* troubles(state: State): Generator<Happening> {
  const { stored, onDisk } = state;
  for (const name of NAMES) {
    if (state.workers[name].awake) {
      yield ['crash', name, '', crash(state, name)];
      yield ['freeze', name, '', withProcess(ageClaims(state), name, { awake: false })];
    }
    for (const task of state.workers[name].tasks) if (task.is === 'call') yield* callTroubles(state, name, task);
  }
  if (stored.jobs.length > 0) yield ['queue lost', null, '', withStored(state, { ...stored, jobs: [] })];
  if (stored.watch !== null) yield ['watch lost', null, '', withStored(state, { ...stored, watch: null })];
  const single = stored.jobs.find((job) => !stored.jobs.some((other) => other !== job && other.token === job.token));
  if (single)
    yield [
      'job doubled',
      null,
      single.token,
      withStored(state, { ...stored, jobs: [...stored.jobs, { ...single, again: true, at: 'waiting' }] }),
    ];
  yield ['redis restarts', null, '', restart(state, stored)];
  if (onDisk) for (const trouble of LOSSES) yield [trouble, null, `back to revision ${onDisk.revision}`, restart(state, onDisk)];
  if (state.workers.a.awake && state.workers.a.tasks.every(({ is }) => is === 'call')) {
    const { row, revision } = stored;
    yield ['needless sweep', 'a', '', begin(state, 'a', { is: 'again', row, for: 'due', of: revision, revision })];
    yield ['pause', 'a', '', begin(state, 'a', advance({ event: 'pause' }))];
  }
}

/** What may become of a call beside the answer. */
function* callTroubles(state: State, name: WorkerName, task: Task & { readonly is: 'call' }): Generator<Happening> {
  const { token, again } = task;
  const { host } = state;
  const { awake } = state.workers[name];
  const report = (event: 'answer-lost' | 'not-sent', from: State): State =>
    become(from, name, task, advance({ event, by: { effect: 'call', token }, job: again }));
  if (task.at === 'claimed' && awake) yield ['not sent', name, token, report('not-sent', state)];
  const request = host.requests.find((one) => one.token === token && one.from === name);
  if (task.at !== 'sent' || !request || !awake) return;
  const rest = host.requests.filter((one) => one !== request);
  const without = { ...state, host: { ...host, requests: rest } };
  if (request.is !== 'in the air') {
    yield ['answer lost', name, token, report('answer-lost', without)];
    return;
  }
  yield ['request lost', name, token, report('answer-lost', without)];
  const late = { ...state, host: { ...host, requests: [...rest, { ...request, from: 'gone' as const }] } };
  yield ['answer late', name, token, report('answer-lost', late)];
}

/** Redis comes back as another server: what was intended before it is in doubt, what was looked at before it is stale. */
function restart(state: State, stored: Stored): State {
  const stale = (process: Process): Process => ({
    ...process,
    tasks: process.tasks.map((task) => (task.is === 'advance' && task.by?.effect === 'watch' ? { ...task, stale: true } : task)),
  });
  return {
    ...state,
    stored: { ...stored, call: stored.call && { ...stored.call, honest: false } },
    onDisk: null,
    server: 'new',
    workers: { a: stale(state.workers.a), b: stale(state.workers.b) },
  };
}
