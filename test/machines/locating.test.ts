import { describe, expect, it } from 'vitest';
import type { MemberInput } from '../../src/domain/member.ts';
import type { JobObservation } from '../../src/domain/observation.ts';
import { JOB_ID, job, member, SETTINGS, type VmFacts, vm } from './support/facts.ts';
import { given, type Lifecycle } from './support/lifecycle.ts';

const CLUSTER: MemberInput = { ...member(), nodes: { home: ['hv-dr-01', 'hv-dr-03'], away: [] } };

/** A look at the other node of the cluster. */
function elsewhere(lifecycle: Lifecycle, facts: VmFacts | null, jobs: readonly JobObservation[] = []): Lifecycle {
  const running = lifecycle.watching?.allJobs ? jobs : [];
  const look = { side: 'home', host: 'hv-dr-03', statistics: null, test: null, job: null, running };
  return lifecycle.send({ type: 'host.observed', ...look, vm: facts && vm(facts) });
}

const BEFORE: readonly (readonly [string, () => Lifecycle])[] = [
  ['checking', () => given.checking(CLUSTER)],
  ['lastLook', () => given.checking(CLUSTER).pass('stepDeadline')],
];
const DURING: readonly (readonly [string, () => Lifecycle])[] = [
  ['reconciling.confirming', () => given.inDoubt(CLUSTER).pass('doubt')],
  ['reconciling.lastLook', () => given.inDoubt(CLUSTER).pass('doubt').pass('stepDeadline')],
  ['tracking.going', () => given.copying(CLUSTER)],
  ['overdue', () => given.copying(CLUSTER).pass('jobDeadline')],
];

describe.each([...BEFORE, ...DURING])('a VM that is not on its host any more, in %s', (state, begin) => {
  it('is looked for on every node', () => {
    const lifecycle = begin();
    expect(lifecycle.state).toBe(state);
    lifecycle.look(null);
    expect(lifecycle.state).toBe('locating');
    expect(lifecycle.watching?.at.map(({ host }) => host)).toEqual(['hv-dr-01', 'hv-dr-03']);
    expect(lifecycle.context).toMatchObject({ lost: 'home', jobId: null });
    expect(lifecycle.failure.message).toContain('hv-dr-01');
  });

  it('is still looked for when another node does not have it either', () => {
    expect(elsewhere(begin().look(null), null).state).toBe('locating');
  });

  it('is a matter for a person when no node shows it in time', () => {
    const lifecycle = begin().look(null);
    const { failure } = lifecycle;
    expect(lifecycle.pass('lastLook').state).toBe('needsOperator');
    expect(lifecycle.failure).toEqual(failure);
  });

  it('is cancelled once it is known where it is', () => {
    const lifecycle = begin().look(null).command('cancel');
    expect(lifecycle.state).toBe('locating');
    expect(lifecycle.accepts('cancel')).toBe(false);
    const calls = lifecycle.calls.length;
    elsewhere(lifecycle, {});
    if (lifecycle.state.startsWith('reconciling')) elsewhere(lifecycle.pass('doubt'), {});
    expect(lifecycle.status).not.toBe('attention');
    expect(lifecycle.calls.slice(calls).filter(({ effect }) => effect !== 'terminateJob')).toEqual([]);
    expect(lifecycle.context.cancelRequested).toBe(true);
  });
});

it.each(BEFORE)('is called where it was found: %s', (_, begin) => {
  const lifecycle = elsewhere(begin().look(null), {});
  expect(lifecycle.context).toMatchObject({ movedTo: { home: 'hv-dr-03' }, lost: null, failure: null });
  expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'initiateFailback', host: 'hv-dr-03' });
});

it.each(BEFORE)('is not called where somebody else has begun its failback: %s', (_, begin) => {
  const lifecycle = elsewhere(begin().look(null), {}, [job()]);
  expect(lifecycle.calls).toHaveLength(0);
  expect(lifecycle.context).toMatchObject({ movedTo: { home: 'hv-dr-03' }, jobId: JOB_ID });
  expect(lifecycle.state).toBe('tracking.going');
});

it.each(DURING)('what became of a call is found out where it was found: %s', (_, begin) => {
  const lifecycle = elsewhere(begin().look(null), {});
  expect(lifecycle.state).toBe('reconciling.looking');
  expect(lifecycle.context).toMatchObject({ movedTo: { home: 'hv-dr-03' }, lost: null, failure: null });
});

it.each([
  ['and may be called again', 3, 'backingOff'],
  ['and may not be called any more', 1, 'failed'],
])('an operation that left no trace where the VM was found is said to have left none, %s', (_, attempts, state) => {
  const cluster = { ...CLUSTER, settings: { ...SETTINGS, retry: { ...SETTINGS.retry, attempts } } };
  const lifecycle = elsewhere(elsewhere(given.copying(cluster).look(null), {}).pass('doubt'), {});
  expect(lifecycle.state).toBe(state);
  expect(lifecycle.failure.message).toContain('InitiateFailback');
});
