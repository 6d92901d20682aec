import type { FailbackContext } from '../../../machines/failback-context.ts';
import type { EffectInput, EffectName, WatchInput } from '../../../src/domain/effect.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import type { MemberInput, MemberStatus } from '../../../src/domain/member.ts';
import type { JobObservation } from '../../../src/domain/observation.ts';
import type { Request } from '../../../src/runtime/effects.ts';
import type { Node } from './explore.ts';
import { JOB_ID, job, member, type VmFacts, vm } from './facts.ts';
import { accepts, advance, begin, type Event, type Position, statePath, statusOf } from './position.ts';
import { inspect, inspectState } from './rules.ts';

type Command = 'admit' | 'pause' | 'resume' | 'cancel' | 'retry' | 'approve';

/**
 * A lifecycle driven as the runtime drives it, without its storage: reports come from live effects only, timers fire only while they
 * are armed, and a look shows no more than the watch asked for. Every transition is held against the rules.
 */
export class Lifecycle {
  /** Every call that was ever started, in order. */
  readonly calls: EffectInput[] = [];
  readonly counted: string[] = [];
  #at: Node<null>;
  #now = 1_700_000_000_000;
  #lastLook: [VmFacts | null, readonly JobObservation[]] | null = null;

  constructor(input: MemberInput = member()) {
    const { position, requests } = begin(input);
    this.#at = { position, world: null, cameFrom: null, label: 'begin' };
    this.#record(requests);
  }

  get #position(): Position {
    return this.#at.position;
  }

  get snapshot(): Position['snapshot'] {
    return this.#position.snapshot;
  }

  get context(): FailbackContext {
    return this.snapshot.context;
  }

  get state(): string {
    return statePath(this.snapshot.value);
  }

  get status(): MemberStatus {
    return statusOf(this.#position);
  }

  get failure(): Failure {
    const { failure } = this.context;
    if (!failure) throw new Error(`${this.state} has no failure`);
    return failure;
  }

  /** The call that is being made. */
  get calling(): EffectName | null {
    const call = this.#position.live.call;
    return call ? (call.input as EffectInput).effect : null;
  }

  get watching(): WatchInput | null {
    return (this.#position.live.watch?.input as WatchInput | undefined) ?? null;
  }

  /** Whatever can still report or fire. */
  get pending(): readonly string[] {
    return [...Object.keys(this.#position.live), ...Object.keys(this.#position.timers)];
  }

  send(event: Event): this {
    const before = this.#at;
    const { position, requests } = advance(before.position, event, this.#now++);
    const after = { position, world: null, cameFrom: before, label: event.type };
    const moved = position.snapshot !== before.position.snapshot;
    inspect({ before, event, after, requests, moved });
    if (moved) inspectState(after);
    this.#at = after;
    this.#record(requests);
    return this;
  }

  /** Time goes by, milliseconds, and nothing happens. */
  wait(milliseconds: number): this {
    this.#now += milliseconds;
    return this;
  }

  command(name: Command): this {
    return this.send({ type: `failback.${name}` });
  }

  accepts(name: Command): boolean {
    return accepts(this.#position, { type: `failback.${name}`, at: this.#now });
  }

  /** A look at the host: the VM (null: not there) and every job the host keeps. */
  look(facts: VmFacts | null = {}, jobs: readonly JobObservation[] = []): this {
    const watch = this.watching;
    if (!watch) throw new Error(`nothing is watched in ${this.state}`);
    this.#lastLook = [facts, jobs];
    return this.send({
      type: 'host.observed',
      side: 'home',
      host: 'hv-dr-01',
      statistics: null,
      test: null,
      vm: facts && vm(facts),
      job: jobs.find(({ jobId }) => jobId === watch.jobId) ?? null,
      running: watch.allJobs ? jobs.filter(({ jobState }) => jobState < 7) : [],
    });
  }

  /** The host is still as it was at the last look. */
  lookAgain(): this {
    if (!this.#lastLook) throw new Error('nobody has looked yet');
    return this.look(...this.#lastLook);
  }

  answer(returnValue: number, jobId: string | null = returnValue === 4096 ? JOB_ID : null): this {
    return this.report({ type: 'xstate.done.actor.call', output: { returnValue, jobId } });
  }

  breaks(error: unknown): this {
    return this.report({ type: 'xstate.error.actor.call', error });
  }

  report(event: Event): this {
    if (!this.calling) throw new Error(`no call is made in ${this.state}`);
    return this.send(event);
  }

  /** Lets the armed timer of this name fire. */
  pass(name: string): this {
    const type = this.#timer(name);
    if (!type) throw new Error(`no timer ${name} in ${this.state}`);
    return this.send({ type });
  }

  delay(name: string): number | undefined {
    const type = this.#timer(name);
    return type === undefined ? undefined : this.#position.timers[type];
  }

  #timer(name: string): string | undefined {
    return Object.keys(this.#position.timers).find((armed) => armed.startsWith(`xstate.after.${name}.`));
  }

  #record(requests: readonly Request[]): void {
    for (const request of requests) {
      if (request.kind === 'count') this.counted.push(request.counter);
      if (request.kind === 'start' && request.src === 'callHost') this.calls.push(request.input as EffectInput);
    }
  }
}

/** Ways into the states from which tests start. */
export const given = {
  pending: (input?: MemberInput) => new Lifecycle(input),
  checking: (input?: MemberInput) => given.pending(input).command('admit'),
  calling: (input?: MemberInput) => given.checking(input).look(),
  tracking: (input?: MemberInput) => given.calling(input).answer(4096),
  copying: (input?: MemberInput) => given.tracking(input).look({ state: 13 }, [job()]),
  inDoubt: (input?: MemberInput) => given.calling(input).breaks(LOST),
  home: (input?: MemberInput) => given.copying(input).look({ state: 14 }),
  started: (input?: MemberInput) => given.home(input).answer(4096).look({ state: 14, power: 2 }),
};

/** A request that may have reached the host. */
export const LOST: Failure = { class: 'reconcile', code: 'host.timeout', message: 'host hv-dr-01 did not answer within 60 s' };
/** A request that did not. */
export const NOT_SENT: Failure = { class: 'retryable', code: 'host.unreachable', message: 'host hv-dr-01 refused the connection' };
/** What a worker says that has looked at the other copy immediately before a start. */
export const PARTNER_RUNNING: Failure = {
  class: 'retryable',
  code: 'partner.running',
  message: 'sql01 is not off on the other side: on host hv-dr-02 its power is 2 (running), so nothing was called',
  remedy: 'Shut sql01 down on hv-dr-02; two running copies would both be written to.',
};
export const PARTNER_UNSEEN: Failure = {
  class: 'retryable',
  code: 'partner.unseen',
  message: 'sql01 can not be seen on host hv-dr-02, where its other copy may run, so nothing was called: it did not answer',
  remedy: 'Bring hv-dr-02 back into sight.',
};
