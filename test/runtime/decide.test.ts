import { expect, test } from 'vitest';
import { type Decision, decide, decideInitial, type Reporter, type RuntimeEvent, type Verdict } from '../../src/runtime/decide.ts';
import { toRequests } from '../../src/runtime/effects.ts';
import { decodeRow, encodeRow, type Revised } from '../../src/runtime/row.ts';
import { member } from './support.ts';

const NOW = 1_000_000;
const LOOK = {
  type: 'host.observed',
  side: 'home',
  host: 'hv-dr-01',
  statistics: null,
  test: null,
  vm: {
    vmId: member.vmId,
    name: member.vm,
    power: 3,
    operationalStatus: [2],
    healthState: 5,
    mode: 2,
    replication: { state: 6, health: 1, failedOverType: 0, lastReplicationTime: null },
    extended: false,
    testReplica: null,
  },
  job: null,
  running: [],
};
const ACCEPTED = { type: 'xstate.done.actor.call', output: { returnValue: 4096, jobId: 'J1' } };

/** One lifecycle as Redis would keep it: every row goes through its stored form. */
class Story {
  stored: Revised;

  constructor() {
    this.stored = afterCommit(decideInitial('failback', member, NOW));
  }

  hear(event: RuntimeEvent, reporter: Reporter | null = null, now = NOW): Verdict {
    const verdict = decide(this.stored, member, event, reporter, now);
    if (typeof verdict !== 'string') this.stored = afterCommit(verdict);
    return verdict;
  }

  /** @throws when the event changed nothing */
  move(event: RuntimeEvent, reporter: Reporter | null = null, now = NOW): Decision {
    const verdict = this.hear(event, reporter, now);
    if (typeof verdict === 'string') throw new Error(`${event.type}: ${verdict}`);
    return verdict;
  }

  reporter(effect: string, final: boolean): Reporter {
    return { effect, token: this.stored.row.live[effect]?.token ?? 'none', final };
  }

  calling(): this {
    this.move({ type: 'failback.admit' });
    this.move(LOOK, this.reporter('watch', false));
    return this;
  }
}

function afterCommit({ expected, row }: Decision): Revised {
  return decodeRow(`${expected + 1}|${encodeRow(row)}`, 'r/m0');
}

test('a report moves the lifecycle once: the second one is dropped', () => {
  const story = new Story().calling();
  const reporter = story.reporter('call', true);
  expect(story.move(ACCEPTED, reporter).to).toContain('tracking');
  expect(story.hear(ACCEPTED, reporter)).toBe('dropped');
  expect(story.hear({ type: 'xstate.error.actor.call', error: {} }, reporter)).toBe('dropped');
});

test('drops a report whose token was never live, or belongs to another effect', () => {
  const story = new Story().calling();
  const { token } = story.reporter('call', true);
  expect(story.hear(ACCEPTED, { effect: 'call', token: 'r99.0', final: true })).toBe('dropped');
  expect(story.hear(LOOK, { effect: 'watch', token, final: false })).toBe('dropped');
  expect(story.stored.revision).toBe(3);
});

test('drops what is reported to a state that was left, also when the same kind of effect is live again', () => {
  const story = new Story().calling();
  const first = story.reporter('call', true);
  story.move({ type: 'xstate.error.actor.call', error: { class: 'retryable', code: 'host.busy', message: 'later' } }, first);
  const [backOff] = Object.keys(story.stored.row.timers);
  story.move({ type: backOff as string }, null, NOW + 60_000);
  story.move(LOOK, story.reporter('watch', false), NOW + 60_000);
  const second = story.reporter('call', true);
  expect(second.token).not.toBe(first.token);
  expect(story.hear(ACCEPTED, first)).toBe('dropped');
  expect(story.move(ACCEPTED, second).to).toContain('tracking');
});

test('a final report is used up even when the lifecycle ignores it; a look is not', () => {
  const story = new Story().calling();
  const reporter = story.reporter('call', true);
  const verdict = story.move({ type: 'xstate.done.actor.nobody' }, reporter);
  expect(verdict).toMatchObject({ moved: false, started: {}, ended: {} });
  expect(story.stored.row.live).toEqual({});
  expect(story.hear(ACCEPTED, reporter)).toBe('dropped');

  const other = new Story();
  other.move({ type: 'failback.admit' });
  const watch = other.reporter('watch', false);
  const shuttingDown = { ...LOOK, vm: { ...LOOK.vm, power: 4 } };
  expect(other.move(shuttingDown, watch).moved).toBe(true);
  expect(other.hear(shuttingDown, watch)).toBe('ignored');
  expect(other.reporter('watch', false)).toEqual(watch);
});

test('a timer acts when it is due, once, and not after its state was left', () => {
  const story = new Story();
  story.move({ type: 'failback.admit' });
  const [timer = '', at] = Object.entries(story.stored.row.timers)[0] ?? [];
  expect(timer).toMatch(/^xstate\.after\./);
  expect(story.hear({ type: timer }, null, (at ?? 0) - 1_000)).toBe('dropped');
  const left = new Story();
  left.move({ type: 'failback.admit' });
  left.move({ type: 'failback.cancel' });
  expect(left.hear({ type: timer }, null, at)).not.toMatchObject({ moved: true });
  expect(story.move({ type: timer }, null, at).moved).toBe(true);
  expect(story.hear({ type: timer }, null, at)).toBe('dropped');
});

test('the alarm of an earlier entry into a state does not fire the timer of a later one', () => {
  const story = new Story();
  story.move({ type: 'failback.admit' });
  const [timer = '', first = 0] = Object.entries(story.stored.row.timers)[0] ?? [];
  story.move(LOOK, story.reporter('watch', false));
  story.move(
    { type: 'xstate.error.actor.call', error: { class: 'retryable', code: 'host.busy', message: 'later' } },
    story.reporter('call', true),
  );
  const [backOff = ''] = Object.keys(story.stored.row.timers);
  story.move({ type: backOff }, null, NOW + 30_000);
  expect(story.stored.row.timers[timer]).toBe(first + 30_000);
  expect(story.hear({ type: timer }, null, first)).toBe('dropped');
});

test('a lifecycle that has ended takes nothing any more', () => {
  const story = new Story();
  story.move({ type: 'failback.cancel' });
  expect(story.stored.row.done).toBe(true);
  for (const type of ['failback.admit', 'failback.cancel', 'failback.retry', 'host.observed']) expect(story.hear({ type })).toBe('ignored');
});

test('what a transition starts carries the revision in its token; what it leaves is named as ended', () => {
  const story = new Story();
  const admitted = story.move({ type: 'failback.admit' });
  expect(admitted).toMatchObject({ before: 'pending', after: 'working', from: 'pending', ended: {} });
  expect(admitted.started.watch?.token).toMatch(/^r2\./);
  const called = story.move(LOOK, story.reporter('watch', false));
  expect(called.started.call).toMatchObject({
    token: expect.stringMatching(/^r3\./),
    input: { effect: 'initiateFailback', attempt: 1, jobId: null },
  });
  expect(called.ended.watch).toEqual(admitted.started.watch);
  expect(Object.keys(called.row.live)).toEqual(['call']);
});

test('a call is counted when its outcome shows that it reached the host', () => {
  const story = new Story().calling();
  expect(story.move(ACCEPTED, story.reporter('call', true)).counters).toEqual(['initiateFailback']);
  const unsent = new Story().calling();
  const error = { class: 'retryable', code: 'host.not-sent', message: 'too late' };
  expect(unsent.move({ type: 'xstate.error.actor.call', error }, unsent.reporter('call', true)).counters).toEqual([]);
});

test('actions that can not be made durable are refused', () => {
  expect(() => toRequests([{ type: 'xstate.sendTo', params: {} }])).toThrow(/not durable/);
  expect(() => toRequests([{ type: '(anonymous)' }])).toThrow(/not durable/);
  expect(() => toRequests([{ type: 'xstate.raise', params: { id: 'a', delay: 5, event: { type: 'b' } } }])).toThrow(/not durable/);
  expect(toRequests([{ type: 'xstate.raise', params: { event: { type: 'b' } } }])).toEqual([]);
});

test('a run that gets the name of one that was lost has other tokens', () => {
  const [lost, again] = [NOW, NOW + 1].map((now) => {
    const stored = { revision: 1, row: decideInitial('failback', member, now).row };
    const verdict = decide(stored, member, { type: 'failback.admit' }, null, now);
    return typeof verdict === 'string' ? verdict : verdict.started.watch?.token;
  });
  expect(lost).toMatch(/^r2\./);
  expect(again).not.toBe(lost);
});
