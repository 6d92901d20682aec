import { lookOf, tokenOf } from './lifecycle.ts';
import { addJob, claim, isSameJob } from './redis.ts';
import { advanceSteps, finish, type Protocol, runtimeSteps } from './runtime-steps.ts';
import { type Holder, NAMES, type State, type Task, type WorkerName } from './state.ts';
import { become, begin, type Rules, type Step, withStored } from './step.ts';

type Of<Kind extends Task['is']> = Task & { readonly is: Kind };

/** A report, a look, a timer or an admission on its way to the lifecycle. */
export function advance(about: Partial<Of<'advance'>> & Pick<Of<'advance'>, 'event'>): Of<'advance'> {
  return { is: 'advance', by: null, watch: null, job: null, stale: false, proposal: null, ...about };
}

/** Everything a worker process may do next: go on with what it has in memory, or begin something. */
export function* workerSteps(protocol: Protocol, state: State, name: WorkerName): Generator<Step> {
  const { awake, tasks } = state.workers[name];
  if (!awake) return;
  for (const task of tasks) {
    yield* runtimeSteps(protocol, state, name, task);
    if (task.is === 'call') yield* callSteps(protocol, state, name, task);
    if (task.is === 'unstick') yield unstick(protocol, state, name, task);
  }
  // One thing at a time beside calls: what two promises of one process may do to each other, two processes may do as well.
  if (tasks.some(({ is }) => is !== 'call')) return;
  yield* jobSteps(state, name);
  if (nobodyAwake(state, isLooking)) yield* lookSteps(protocol, state, name);
  yield* timerSteps(protocol, state, name);
  if (nobodyAwake(state, isSweeping)) yield* sweepSteps(protocol, state, name);
}

/** The worker of BullMQ takes a job; a process that is at work on that very call gives it back as done. */
function* jobSteps(state: State, name: WorkerName): Generator<Step> {
  const { stored } = state;
  for (const job of stored.jobs) {
    if (job.at !== 'waiting') continue;
    const { token, again } = job;
    const jobs = stored.jobs.map((other) => (other === job ? { ...job, at: name } : other));
    const taken = withStored(state, { ...stored, jobs });
    const inHand = state.workers[name].tasks.some((task) => isAtWorkOn(task, token));
    const calls = !inHand && stored.row.call === token;
    const next = calls ? begin(taken, name, { is: 'call', token, again, at: 'read', old: false }) : finish(taken, name, { token, again });
    const what = inHand ? ', has it in hand' : calls ? '' : ', is not live';
    yield { by: 'CallRunner.run', worker: name, what: `takes job ${token}${what}`, trouble: null, next };
  }
}

/** The task is, or ends with, a job of this call. */
export function isAtWorkOn(task: Task, token: string): boolean {
  if (task.is === 'call') return task.token === token;
  if (task.is === 'advance') return task.job !== null && task.by?.token === token;
  return task.is === 'hand over' && task.job?.token === token;
}

function* callSteps({ rules }: Protocol, state: State, name: WorkerName, task: Of<'call'>): Generator<Step> {
  const { token, again, old } = task;
  const { stored, host } = state;
  const step = (what: string, next: State): Step => ({
    by: 'CallRunner.#call',
    worker: name,
    what: `${token}: ${what}`,
    trouble: null,
    next,
  });
  const report = (event: 'accepted' | 'refused' | 'not-sent' | 'maker-gone'): Task =>
    advance({ event, by: { effect: 'call', token }, job: again });
  switch (task.at) {
    case 'read': {
      const honest = rules.epochs || !stored.call ? stored : { ...stored, call: { ...stored.call, honest: true } };
      const free = rules.claims || !honest.call ? honest : { ...honest, call: { ...honest.call, claim: null } };
      const { answer, stored: after } = claim(free, token, name);
      const inDoubt = answer === 'doubt' || (typeof answer === 'object' && (answer.holder === name || isDead(state, answer.holder)));
      const calls = answer === 'yes' || (inDoubt && !rules.looksFirst);
      const heard = typeof answer === 'object' ? `${answer.holder} has it` : answer;
      const at = answer === 'yes' ? withStored(state, after) : state;
      const next = calls
        ? become(at, name, task, { ...task, at: 'claimed' })
        : inDoubt
          ? become(at, name, task, report('maker-gone'))
          : finish(become(at, name, task), name, { token, again });
      yield { ...step(heard, next), by: 'claim.lua' };
      return;
    }
    case 'claimed': {
      if (old && rules.sendWindow) {
        yield step('too late to leave', become(state, name, task, report('not-sent')));
        return;
      }
      const requests = [...host.requests, { token, from: name, is: 'in the air' as const }];
      yield step('the request leaves', become({ ...state, host: { ...host, requests } }, name, task, { ...task, at: 'sent' }));
      return;
    }
    case 'sent': {
      const request = host.requests.find((one) => one.token === token && one.from === name && one.is !== 'in the air');
      if (!request || request.is === 'in the air') return;
      const requests = host.requests.filter((one) => one !== request);
      yield step(`the answer is: ${request.is}`, become({ ...state, host: { ...host, requests } }, name, task, report(request.is)));
    }
  }
}

/** `HostPoller.#look`: one look for the watch that is in the index at its beginning. What it says nothing new about is not told. */
function* lookSteps({ lifecycles }: Protocol, state: State, name: WorkerName): Generator<Step> {
  const { watch, row, revision } = state.stored;
  if (watch === null) return;
  const event = lookOf(state.host.operation, watch);
  const by = { effect: 'watch', token: tokenOf(watch) } as const;
  if (lifecycles.decide({ revision, known: row, event, by, era: 0 }) === 'ignored') return;
  const told = advance({ event, by, watch, stale: state.server !== 'calm' });
  yield {
    by: 'HostPoller.#look',
    worker: name,
    what: `for ${by.token}: operation ${state.host.operation}`,
    trouble: null,
    next: begin(state, name, told),
  };
}

function* timerSteps(protocol: Protocol, state: State, name: WorkerName): Generator<Step> {
  for (const timer of state.stored.row.timers)
    yield* atOnce(protocol, state, name, 'Sweep.fireTimers', advance({ event: `timer ${timer}` }));
}

function* sweepSteps(protocol: Protocol, state: State, name: WorkerName): Generator<Step> {
  const { rules } = protocol;
  const { stored } = state;
  const { row, revision, call } = stored;
  const step = (by: string, what: string, task: Task): Step => ({ by, worker: name, what, trouble: null, next: begin(state, name, task) });
  if (row.status === 'pending') yield* atOnce(protocol, state, name, 'Admission.admit', advance({ event: 'admit' }));
  for (const entry of stored.outbox.filter((one) => !isAboutToHandOver(state, one)))
    yield step('Sweep.#outbox', `entry ${entry}`, { is: 'again', row, for: 'outbox', of: revision, revision: entry });
  if (call?.claim && isDead(state, call.claim) && rules.sweepsClaims) {
    const report = advance({ event: 'maker-gone', by: { effect: 'call', token: call.token } });
    yield* atOnce(protocol, state, name, 'Sweep.#claims', report);
  }
  if (rules.sweepsDue && isSomethingMissing(state, rules) && !isAboutToHandOver(state, revision))
    yield step('Sweep.#look', 'something is missing', { is: 'again', row, for: 'due', of: revision, revision });
}

/** What is delivered where it was found: nothing that happens between the two steps makes a difference, since the row is asked again. */
function* atOnce(protocol: Protocol, state: State, name: WorkerName, by: string, task: Of<'advance'>): Generator<Step> {
  for (const step of advanceSteps(protocol, begin(state, name, task), name, task)) yield { ...step, by };
}

/** Somebody who lives is about to see to it: a sweep that comes before is a trouble of its own. */
function isAboutToHandOver({ workers }: State, revision: number): boolean {
  return NAMES.some((name) => {
    const { awake, tasks } = workers[name];
    return awake && tasks.some((task) => task.is === 'hand over' && task.revision === revision);
  });
}

/** Something live is not in its place, or stuck with a worker that is gone. */
function isSomethingMissing(state: State, { unsticks }: Rules): boolean {
  const { row, jobs, watch } = state.stored;
  if (row.watch !== null && watch !== row.watch) return true;
  if (row.call === null) return false;
  const job = jobs.find((one) => isSameJob(one, { token: row.call ?? '', again: false }));
  return job === undefined || (unsticks && job.at !== 'waiting' && isDead(state, job.at));
}

function unstick({ rules }: Protocol, state: State, name: WorkerName, task: Of<'unstick'>): Step {
  const { stored } = state;
  const { token } = task;
  const isActive = rules.unsticks && stored.jobs.some((job) => isSameJob(job, { token, again: false }) && job.at !== 'waiting');
  const free = stored.jobs.filter((job) => !(job.token === token && job.again && job.at === 'gone'));
  const next = isActive ? withStored(state, { ...stored, jobs: addJob(free, { token, again: true, at: 'waiting' }) }) : state;
  return {
    by: 'Sweep.#unstick',
    worker: name,
    what: isActive ? `queues ${token} again` : 'nothing is stuck',
    trouble: null,
    next: become(next, name, task),
  };
}

/** `Presence.isAlive`, as others see it. */
export function isDead(state: State, holder: Holder): boolean {
  return holder === 'gone' || !state.workers[holder].awake;
}

/** The lease of the poller, or of the sweep, is free: a sleeping process has lost it. */
function nobodyAwake(state: State, does: (task: Task) => boolean): boolean {
  return !NAMES.some((name) => state.workers[name].awake && state.workers[name].tasks.some(does));
}

function isLooking(task: Task): boolean {
  return task.is === 'advance' && task.by?.effect === 'watch';
}

function isSweeping(task: Task): boolean {
  return task.is === 'unstick' || task.is === 'forget' || task.is === 'again' || task.is === 'rewatch';
}
