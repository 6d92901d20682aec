import type { Lifecycles } from './lifecycle.ts';
import { commit, finishJob, handOver, needsHandover, watchAgain } from './redis.ts';
import type { Finished, State, Task, WorkerName } from './state.ts';
import { ageClaims, type Bounds, become, crash, type Rules, type Step, withStored, withTrouble } from './step.ts';

export interface Protocol {
  readonly lifecycles: Lifecycles;
  readonly rules: Rules;
  readonly bounds: Bounds;
}

type Of<Kind extends Task['is']> = Task & { readonly is: Kind };

/** The steps of `src/runtime` that follow once somebody delivers an event or hands something over again. */
export function* runtimeSteps(protocol: Protocol, state: State, name: WorkerName, task: Task): Generator<Step> {
  const { stored } = state;
  const step = (by: string, what: string, next: State): Step => ({ by, worker: name, what, trouble: null, next });
  switch (task.is) {
    case 'advance':
      yield* advanceSteps(protocol, state, name, task);
      return;
    case 'hand over': {
      const next = withStored(state, handOver(stored, task.decided.row));
      const what = `effects of revision ${task.revision}`;
      const outbox = next.stored.outbox.filter((revision) => revision !== task.revision);
      const done = become(withStored(next, { ...next.stored, outbox }), name, task);
      yield step('Dispatcher.handOver', what, finish(done, name, task.job));
      // The entry goes with the next commit: who is killed before leaves it behind.
      const counted = withTrouble(state, 'crash', protocol.bounds);
      if (counted)
        yield {
          ...step('Dispatcher.handOver', `${what}, then crash`, { ...crash(next, name), troubles: counted.troubles }),
          trouble: 'crash',
        };
      return;
    }
    case 'again': {
      const { row } = task;
      const next = withStored(state, handOver(stored, row));
      const then: Task[] =
        task.for === 'outbox'
          ? [{ is: 'forget', revision: task.revision }]
          : task.for === 'due' && row.call
            ? [{ is: 'unstick', token: row.call }]
            : [];
      const rewatch: Task[] = row.watch === null || stored.watch === row.watch ? [] : [{ is: 'rewatch', row, revision: task.of, then }];
      yield step(
        'Runtime.handOverAgain',
        `what is live in "${row.state}"`,
        become(next, name, task, ...(rewatch.length > 0 ? rewatch : then)),
      );
      return;
    }
    case 'rewatch': {
      const next = withStored(state, watchAgain(stored, task.row, task.revision));
      yield step('Runtime.#watchAgain', `what is watched in "${task.row.state}"`, become(next, name, task, ...task.then));
      return;
    }
    case 'forget': {
      const outbox = stored.outbox.filter((revision) => revision !== task.revision);
      yield step('Sweep.#outbox', `forgets entry ${task.revision}`, become(withStored(state, { ...stored, outbox }), name, task));
      return;
    }
  }
}

/**
 * `Runtime.advance`: loads the row, decides and commits. Where Redis keeps what it confirms that is one step, since a commit that lost a race
 * is decided again on the newer row; where it may lose something, a decision may meet another row of the same revision: then they are two.
 */
export function* advanceSteps(protocol: Protocol, state: State, name: WorkerName, task: Of<'advance'>): Generator<Step> {
  if (task.proposal) {
    yield* commitSteps(protocol, state, name, task, task.proposal);
    return;
  }
  const { lifecycles, rules, bounds } = protocol;
  const { row, revision } = state.stored;
  const step = (what: string, next: State): Step => ({
    by: 'Runtime.advance',
    worker: name,
    what: `${task.event}: ${what}`,
    trouble: null,
    next,
  });
  let at = state;
  if (task.event.startsWith('timer xstate.after.doubt.') && row.timers.includes(task.event.slice('timer '.length)) && rules.doubtTime) {
    // The time of doubt is over: what has left a process by then has come to the host, or never will.
    if (state.host.requests.some(({ is }) => is === 'in the air')) return;
    at = { ...ageClaims(state), server: state.server === 'young' ? 'calm' : state.server };
  }
  const live = task.by?.effect === 'call' ? row.call : row.watch?.split(' ')[0];
  const by = task.by && !rules.tokens && live ? { ...task.by, token: live } : task.by;
  const era = rules.freshTokens ? (state.troubles['redis loses commits'] ?? 0) : 0;
  const verdict = lifecycles.decide({ revision, known: row, event: task.event, by, era });
  if (typeof verdict === 'string') {
    yield step(verdict, finish(become(at, name, task), name, finishedBy(task)));
    return;
  }
  const proposal = { expected: revision, decided: verdict, sentBefore: false };
  if (bounds.decidesApart || (bounds['redis loses commits'] ?? 0) > 0 || !rules.revisions)
    yield step(`"${row.state}" → "${verdict.row.state}"`, become(at, name, task, { ...task, proposal }));
  else yield* commitSteps(protocol, at, name, task, proposal);
}

function* commitSteps(
  { rules, bounds }: Protocol,
  state: State,
  name: WorkerName,
  task: Of<'advance'>,
  proposal: NonNullable<Of<'advance'>['proposal']>,
): Generator<Step> {
  const { decided } = proposal;
  const expected = rules.revisions ? proposal.expected : state.stored.revision;
  const isCalm = rules.calm === 'never asked' || (state.server === 'calm' && !(rules.calm === 'look' && task.stale));
  const { answer, stored } = commit(state.stored, { expected, decided, honest: isCalm });
  const keeps = answer === 'committed' && (bounds['redis loses commits'] ?? 0) === 0;
  const begins = answer === 'committed' && state.server === 'new' && decided.startsCall !== null;
  const known: State = begins ? { ...state, server: 'young' } : state;
  const next = withStored(keeps ? { ...known, onDisk: null } : known, rules.outbox ? stored : { ...stored, outbox: [] });
  const what = `${task.event}: "${state.stored.row.state}" → "${decided.row.state}"`;
  const step = (text: string, to: State): Step => ({ by: 'commit.lua', worker: name, what: `${what}: ${text}`, trouble: null, next: to });
  const done = (at: State): State =>
    needsHandover(decided)
      ? become(at, name, task, { is: 'hand over', revision: expected + 1, decided, job: finishedBy(task) })
      : finish(become(at, name, task), name, finishedBy(task));
  if (answer === 'committed') {
    yield step('committed', done(next));
    const lost = withTrouble(next, 'redis answer lost', bounds);
    if (lost && !proposal.sentBefore) {
      const again: Task = { ...task, proposal: { ...proposal, sentBefore: true } };
      yield { ...step('committed, but the answer is lost', become(lost, name, task, again)), trouble: 'redis answer lost' };
    }
  } else if (stored.revision === expected + 1 && stored.row === decided.row) {
    yield { ...step('it was ours', done(next)), by: 'Runtime.#wasOurs' };
  } else {
    yield step('conflict', become(next, name, task, { ...task, proposal: null }));
  }
}

/** The job of a task that has come to its end. */
export function finish(state: State, name: WorkerName, job: Finished | null): State {
  return job === null ? state : withStored(state, finishJob(state.stored, job, name));
}

function finishedBy({ job, by }: Of<'advance'>): Finished | null {
  return job === null || by === null ? null : { token: by.token, again: job };
}
