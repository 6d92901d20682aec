import { decide, decideInitial, type Reporter, type RuntimeEvent } from '../../src/runtime/decide.ts';
import type { Row } from '../../src/runtime/row.ts';
import { job, member, vm } from '../machines/support/facts.ts';

/** What has become of the one operation a host of the model knows. */
export type Operation = 'none' | 'running' | 'done';

/** Every event of the protocol by name: a state of the model holds names, the product's functions get what they mean. */
export type EventName =
  | 'admit'
  | 'pause'
  | 'accepted'
  | 'refused'
  | 'answer-lost'
  | 'not-sent'
  | 'maker-gone'
  | `timer ${string}`
  | `look ${Operation} ${string}`;

/** Who reports: the effect and its token, as in `Reporter`; every report of a call is final, none of a watch is. */
export interface ReportOf {
  readonly effect: 'call' | 'watch';
  readonly token: string;
}

/** A row as the model sees it. Rows that are equal are one object. */
export interface KnownRow {
  /** Short name, unique among the rows of one {@link Lifecycles}. */
  readonly id: number;
  readonly row: Row;
  /** State for people. */
  readonly state: string;
  readonly status: string;
  readonly call: string | null;
  /** What the index of watches is to hold; null when nothing is watched. */
  readonly watch: string | null;
  readonly timers: readonly string[];
}

/** A decision. Decisions that are equal are one object. */
export interface Decided {
  /** Short name, unique among the decisions of one {@link Lifecycles}. */
  readonly id: number;
  readonly row: KnownRow;
  readonly startsCall: string | null;
  readonly startsWatch: boolean;
  readonly endsWatch: boolean;
  readonly endsCall: boolean;
  /** Calls that are known by it to have reached the host. */
  readonly counted: number;
}

export interface Question {
  readonly revision: number;
  readonly known: KnownRow;
  readonly event: EventName;
  readonly by: ReportOf | null;
  /** Tokens of one era never have the name of one of another; 0 as in the product. */
  readonly era: number;
}

/** The moment at which everything of the model happens: order is all that counts in it. */
const NOW = 1_700_000_000_000;
const JOB = 'the-job';
const REFUSED = 32775;
/** Timers the model lets pass. Deadlines of hours lead to a person after one more look and are left to the exploration of the machine. */
const PASSING = /^xstate\.after\.(doubt|backOff)\./;

/** A member whose way home is one call: `InitiateFailback`. */
export const MEMBER = member({ start: false, retry: { attempts: 2, backoff: 'fixed', delay: 1_000, max: 1_000, jitter: 0 } });

/**
 * The product's own `decide` and lifecycle, made finite: time stands still, timers are due whenever the model says so, and equal rows
 * are one. Nothing about the lifecycle is repeated by the model.
 */
export class Lifecycles {
  readonly #rows = new Map<string, KnownRow>();
  readonly #verdicts = new Map<string, Decided | 'dropped' | 'ignored'>();
  readonly #decisions = new Map<string, Decided>();

  /** The row of a member that waits for its admission. */
  first(): KnownRow {
    return this.#know(decideInitial('failback', MEMBER, NOW).row, 'pending');
  }

  /** What the product decides; asked before, it is remembered. */
  decide(question: Question): Decided | 'dropped' | 'ignored' {
    const { revision, known, event, by, era } = question;
    const key = `${revision}/${known.id}/${event}/${by?.effect}/${by?.token}/${era}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = this.#decide(question);
      this.#verdicts.set(key, verdict);
    }
    return verdict;
  }

  #decide({ revision, known, event, by, era }: Question): Decided | 'dropped' | 'ignored' {
    const product = eventOf(event);
    const { row } = known;
    const dueNow = product.type in row.timers ? { ...row, timers: { ...row.timers, [product.type]: NOW } } : row;
    const proof: Reporter | null = by && { ...by, final: by.effect === 'call' };
    const verdict = decide({ revision, row: dueNow }, MEMBER, product, proof, NOW + era);
    if (typeof verdict === 'string') return verdict;
    const { started, ended, counters, after } = verdict;
    const decision = {
      row: this.#know(verdict.row, after ?? ''),
      startsCall: started.call?.token ?? null,
      startsWatch: started.watch !== undefined,
      endsWatch: ended.watch !== undefined,
      endsCall: ended.call !== undefined,
      counted: counters.length,
    };
    const key = JSON.stringify({ ...decision, row: decision.row.id });
    const equal = this.#decisions.get(key) ?? { id: this.#decisions.size, ...decision };
    this.#decisions.set(key, equal);
    return equal;
  }

  #know(row: Row, status: string): KnownRow {
    const key = JSON.stringify(row);
    let known = this.#rows.get(key);
    if (!known) {
      const { call, watch } = row.live;
      const { jobId, allJobs } = (watch?.input ?? {}) as { jobId?: string | null; allJobs?: boolean };
      known = {
        id: this.#rows.size,
        row,
        state: typeof row.value === 'string' ? row.value : JSON.stringify(row.value).replaceAll(/[{}"]/g, ''),
        status,
        call: call?.token ?? null,
        watch: watch ? `${watch.token} ${jobId ? 'job' : '-'} ${allJobs ? 'all' : '-'}` : null,
        timers: Object.keys(row.timers).filter((timer) => PASSING.test(timer)),
      };
      this.#rows.set(key, known);
    }
    return known;
  }
}

/** The token a watch in the index reports with. */
export function tokenOf(watch: string): string {
  return watch.slice(0, watch.indexOf(' '));
}

/** Revision and place of a token, without the birth of its run. */
export function shortToken(token: string): string {
  return token.split('.').slice(0, 2).join('.');
}

/** What a look at the host tells the owner of a watch. */
export function lookOf(operation: Operation, watch: string): EventName {
  return `look ${operation} ${watch.slice(watch.indexOf(' ') + 1)}`;
}

/** The event as the product delivers it. */
export function eventOf(event: EventName): RuntimeEvent {
  const [name, what = '', followed = '', all = ''] = event.split(' ');
  switch (name) {
    case 'admit':
      return { type: 'failback.admit' };
    case 'pause':
      return { type: 'failback.pause' };
    case 'timer':
      return { type: what };
    case 'accepted':
      return { type: 'xstate.done.actor.call', output: { returnValue: 4096, jobId: JOB } };
    case 'refused':
      return { type: 'xstate.done.actor.call', output: { returnValue: REFUSED, jobId: null } };
    case 'maker-gone':
      return broken('worker.gone', 'reconcile');
    case 'not-sent':
      return broken('host.not-sent', 'retryable');
    case 'look':
      return observed(what as Operation, followed === 'job', all === 'all');
    default:
      return broken('host.disconnected', 'reconcile');
  }
}

function broken(code: string, failure: string): RuntimeEvent {
  return { type: 'xstate.error.actor.call', error: { class: failure, code, message: code, remedy: '' } };
}

function observed(operation: Operation, followed: boolean, all: boolean): RuntimeEvent {
  const seen = operation === 'none' ? null : job({ jobId: JOB, jobState: operation === 'running' ? 4 : 7 });
  return {
    type: 'host.observed',
    seenAt: NOW,
    side: 'home',
    host: MEMBER.host,
    vm: vm({ state: { none: 6, running: 13, done: 14 }[operation] }),
    job: followed ? seen : null,
    running: all && operation === 'running' && seen ? [seen] : [],
    statistics: null,
    test: null,
  };
}
