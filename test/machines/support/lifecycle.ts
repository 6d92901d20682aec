import { type AnyMachineSnapshot, initialTransition, type SnapshotFrom, transition } from 'xstate';
import { failbackMachine } from '../../../machines/failback.ts';
import type { FailbackContext } from '../../../machines/failback-context.ts';
import type { EffectInput, EffectName, WatchInput } from '../../../src/domain/effect.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import { MEMBER_STATUSES, type MemberInput, type MemberStatus } from '../../../src/domain/member.ts';
import type { JobObservation } from '../../../src/domain/observation.ts';
import { type ActionRequest, toRequests } from '../../../src/runtime/effects.ts';
import { JOB_ID, job, member, type VmFacts, vm } from './facts.ts';

type Event = { readonly type: string; readonly [key: string]: unknown };

/**
 * A lifecycle driven as the runtime drives it, without its storage: reports come from live effects only, timers fire only while they
 * are armed, and a look shows no more than the watch asked for.
 */
export class Lifecycle {
  snapshot: SnapshotFrom<typeof failbackMachine>;
  /** Every call that was ever started, in order. */
  readonly calls: EffectInput[] = [];
  readonly counted: string[] = [];
  readonly live = new Map<string, { readonly src: string; readonly input: unknown }>();
  readonly timers = new Map<string, number>();
  #now = 1_700_000_000_000;

  constructor(input: MemberInput = member()) {
    const [snapshot, actions] = initialTransition(failbackMachine, input);
    this.snapshot = snapshot;
    this.#apply(actions);
  }

  get context(): FailbackContext {
    return this.snapshot.context;
  }

  get state(): string {
    return statePath(this.snapshot.value);
  }

  get status(): MemberStatus {
    const found = MEMBER_STATUSES.filter((status) => this.snapshot.tags.has(status));
    if (found.length !== 1) throw new Error(`${this.state} has the statuses ${found.join(', ') || 'none'}`);
    return found[0] as MemberStatus;
  }

  get failure(): Failure {
    const { failure } = this.context;
    if (!failure) throw new Error(`${this.state} has no failure`);
    return failure;
  }

  /** The call that is being made. */
  get calling(): EffectName | null {
    const call = this.live.get('call');
    return call ? (call.input as EffectInput).effect : null;
  }

  get watching(): WatchInput | null {
    return (this.live.get('watch')?.input as WatchInput | undefined) ?? null;
  }

  send(event: Event): this {
    const [next, actions] = transition(failbackMachine, this.snapshot, { ...event, at: this.#now++ } as never);
    if ((next as AnyMachineSnapshot).status === 'error') throw new Error(`${event.type} ended the machine in an error`);
    this.snapshot = next;
    this.#apply(actions);
    return this;
  }

  command(name: 'admit' | 'pause' | 'resume' | 'cancel' | 'retry'): this {
    return this.send({ type: `failback.${name}` });
  }

  accepts(name: 'admit' | 'pause' | 'resume' | 'cancel' | 'retry'): boolean {
    const [next] = transition(failbackMachine, this.snapshot, { type: `failback.${name}`, at: this.#now } as never);
    return next !== this.snapshot;
  }

  /** A look at the host: the VM (null: not there) and every job the host keeps. */
  look(facts: VmFacts | null = {}, jobs: readonly JobObservation[] = []): this {
    const watch = this.watching;
    if (!watch) throw new Error(`nothing is watched in ${this.state}`);
    return this.send({
      type: 'host.observed',
      vm: facts && vm(facts),
      job: jobs.find(({ jobId }) => jobId === watch.jobId) ?? null,
      running: watch.allJobs ? jobs.filter(({ jobState }) => jobState < 7) : [],
    });
  }

  answer(returnValue: number, jobId: string | null = returnValue === 4096 ? JOB_ID : null): this {
    this.#use('call');
    return this.send({ type: 'xstate.done.actor.call', output: { returnValue, jobId } });
  }

  breaks(error: unknown): this {
    this.#use('call');
    return this.send({ type: 'xstate.error.actor.call', error });
  }

  /** Lets the armed timer of this name fire. */
  pass(name: string): this {
    const type = [...this.timers.keys()].find((armed) => armed.startsWith(`xstate.after.${name}.`));
    if (!type) throw new Error(`no timer ${name} in ${this.state}`);
    this.timers.delete(type);
    return this.send({ type });
  }

  delay(name: string): number | undefined {
    const type = [...this.timers.keys()].find((armed) => armed.startsWith(`xstate.after.${name}.`));
    return type === undefined ? undefined : this.timers.get(type);
  }

  #use(effect: string): void {
    if (!this.live.delete(effect)) throw new Error(`no ${effect} is under way in ${this.state}`);
  }

  #apply(actions: readonly ActionRequest[]): void {
    for (const request of toRequests(actions)) {
      if (request.kind === 'count') this.counted.push(request.counter);
      if (request.kind === 'arm') this.timers.set(request.id, request.delay);
      if (request.kind === 'end') {
        this.live.delete(request.id);
        this.timers.delete(request.id);
      }
      if (request.kind === 'start') {
        this.live.set(request.id, request);
        if (request.src === 'callHost') this.calls.push(request.input as EffectInput);
      }
    }
  }
}

export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([state, child]) => `${state}.${statePath(child)}`)
    .join('|');
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
