import { type FailbackContext, mayBeAtWork, stepOf } from '../../../machines/failback-context.ts';
import { apart } from '../../../machines/sight.ts';
import type { EffectInput, WatchInput } from '../../../src/domain/effect.ts';
import { ENDED_STATUSES, type MemberSettings, type Side } from '../../../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import { EnabledState } from '../../../src/domain/power.ts';
import type { Node, Taken } from './explore.ts';
import { accepts, type Event, type Position, statePath, statusOf } from './position.ts';

/** The calls a step started, in order. */
export function callsIn({ requests }: Pick<Taken<unknown>, 'requests'>): readonly EffectInput[] {
  return requests.flatMap((request) => (request.kind === 'start' && request.src === 'callHost' ? [request.input as EffectInput] : []));
}

/** Rules by what they say: predicates over a lifecycle and whatever it is explored with. */
type Rules<Subject> = Readonly<Record<string, (subject: Subject) => boolean>>;

/** @throws Error that names the first rule that does not hold */
function obey<Subject>(rules: Rules<Subject>, subject: Subject): void {
  for (const rule in rules) if (!rules[rule]?.(subject)) throw new Error(`broken: ${rule}`);
}

/** A call and the step that started it, with the look that led to it. */
interface Made {
  readonly call: EffectInput;
  readonly taken: Taken<unknown>;
  readonly was: FailbackContext;
  readonly is: FailbackContext;
  readonly look: { readonly vm: VmObservation | null; readonly job: JobObservation | null; readonly running: readonly JobObservation[] };
}

/** Looks at two hosts that lie further apart may show what is history on one of them. */
const ONE_MOMENT_MS = 15_000;

/** The rules of every call, in every strategy. */
const CALL_RULES: Rules<Made> = {
  'a call is only made on a look': ({ call, taken: { event } }) => ends(call) || event?.type === 'host.observed',
  'a call is only made on looks that show one moment': ({ call, is }) => ends(call) || is.fenced || apart(is.sights) <= ONE_MOMENT_MS,
  'one call at a time': ({ taken: { before, event } }) => !('call' in before.position.live) || /\.actor\.call$/.test(event?.type ?? ''),
  'nothing is called while an earlier call is in doubt': ({ call, is }) => ends(call) || is.doubt === null,
  'nothing is called while an earlier call may be at work, but the harder call on a gentle one that does not come to its end': (made) =>
    ends(made.call) || !mayBeAtWork(made.is) || isHarder(made),
  'nothing is called after a cancel, but on the way back': ({ call, is }) => ends(call) || !is.cancelRequested || is.course === 'back',
  'nothing is called while paused': ({ call, was }) => ends(call) || !was.pauseRequested,
  'nothing is called while a job runs, but a harder call': (made) =>
    ends(made.call) || isHarder(made) || ![made.look.job, ...made.look.running].some((job) => job && isAtWork(job)),
  'a job that was seen to have ended is not called': ({ call, was, look: { running } }) =>
    !ends(call) || was.ended === null || call.jobId !== was.jobId || running.some(({ jobId }) => jobId === call.jobId),
};

/** What they add in strategy `provider`. */
const PROVIDER_CALL_RULES: Rules<Made> = {
  'InitiateFailback is only called after a look for jobs': ({ call, taken: { before } }) =>
    call.effect !== 'initiateFailback' || (before.position.live.watch?.input as WatchInput | undefined)?.allJobs === true,
  'InitiateFailback is only called on a VM that is ready': ({ call, is, look: { vm } }) =>
    call.effect !== 'initiateFailback' ||
    ([2, 4].includes(vm?.mode ?? 0) &&
      is.member.settings.startStates.includes(vm?.replication?.state ?? 0) &&
      vm?.power === 3 &&
      vm.replication?.health !== 3),
  'the VM is not started before state 14': ({ call, look: { vm } }) =>
    call.effect !== 'startVirtualMachine' || vm?.replication?.state === 14,
};

/** What they add in strategy `reverse`, for the one that makes a failover home final. */
const REVERSE_CALL_RULES: Rules<Made> = {
  'nothing is made final before it was verified': ({ call, is }) => !makesFinal(call) || is.homeAt !== null,
  'nothing is made final on a VM that was last seen down': ({ call, is }) => !makesFinal(call) || isSeenRunning(is),
};

/** The rules of every transition, in every strategy. */
const RULES: Rules<Taken<unknown>> = {
  'an accepted cancel is kept': ({ event, moved, after }) =>
    event?.type !== 'failback.cancel' || !moved || after.position.snapshot.context.cancelRequested,
  'the last look is on record': ({ event, moved, before, after }) =>
    event?.type !== 'host.observed' || !moved || isOnRecord(event, before.position, after.position),
  'a watch that begins goes by nothing that was seen before': ({ requests, after }) =>
    !requests.some(({ kind, id }: { kind: string; id?: string }) => kind === 'start' && id === 'watch') ||
    after.position.snapshot.context.sights.fresh.length === 0,
};

/** The rules of every transition in strategy `provider`, whatever the host and the operator do. */
const PROVIDER_RULES: Rules<Taken<unknown>> = {
  'a look at state 14 is believed': (taken) => contextsOf(taken).was.step > 0 || !sawComplete(taken) || contextsOf(taken).is.step > 0,
  'the failback is only left with state 14': (taken) =>
    contextsOf(taken).was.step > 0 || contextsOf(taken).is.step === 0 || sawComplete(taken),
  'a deadline is only believed with a look': ({ event, after, moved }) =>
    !moved ||
    !/^xstate\.after\.(jobDeadline|settle|stepDeadline\.failback\.(?!overdue))/.test(event?.type ?? '') ||
    statusOf(after.position) === 'working',
};

/** The rules that hold in every state a lifecycle rests in, in every strategy. */
const STATE_RULES: Rules<Position> = {
  'completed only after a step': (position) => statusOf(position) !== 'completed' || position.snapshot.context.step > 0,
  'a lifecycle that asks or has given up says why and what to do': (position) =>
    !['attention', 'failed', 'quarantined'].includes(statusOf(position)) || hasWords(position.snapshot.context),
  'after a cancel it works or has ended': (position) => {
    const { cancelRequested, course } = position.snapshot.context;
    return !cancelRequested || course === 'back' || ['working', ...ENDED_STATUSES].includes(statusOf(position));
  },
  'what goes on by itself has a deadline or a call': ({ snapshot, live, timers }) =>
    snapshot.done || 'call' in live || Object.keys(timers).length > 0 || COMMANDS.some((name) => takes({ snapshot, live, timers }, name)),
  'an operator has a way out, or has taken it': (position) => {
    const { done, context } = position.snapshot;
    const goesOn = statusOf(position) === 'working' && (context.cancelRequested || context.course === 'back');
    return done || goesOn || WAYS_OUT.some((name) => takes(position, name));
  },
  'the context survives JSON': ({ snapshot: { context } }) => isPlain(context),
};

const COMMANDS = ['admit', 'resume', 'retry', 'cancel', 'approve'] as const;
const WAYS_OUT = ['retry', 'cancel'] as const;

/** What the strategies add to the rules of every transition and of every call. */
const OF_STRATEGY: Readonly<
  Record<MemberSettings['strategy'], { readonly transitions: Rules<Taken<unknown>>; readonly calls: Rules<Made> }>
> = {
  provider: { transitions: PROVIDER_RULES, calls: PROVIDER_CALL_RULES },
  reverse: { transitions: {}, calls: REVERSE_CALL_RULES },
  drill: { transitions: {}, calls: {} },
};

/** @throws Error when a transition, or a call that it started, breaks a rule */
export function inspect(taken: Taken<unknown>): void {
  const contexts = contextsOf(taken);
  const { transitions, calls } = OF_STRATEGY[contexts.is.member.settings.strategy];
  obey(RULES, taken);
  obey(transitions, taken);
  const { vm = null, job = null, running = [] } = (taken.event ?? {}) as unknown as Partial<Made['look']>;
  for (const call of callsIn(taken)) {
    const made = { call, taken, ...contexts, look: { vm, job, running } };
    obey(CALL_RULES, made);
    obey(calls, made);
  }
}

/** @throws Error when a state breaks a rule */
export function inspectState({ position }: Node<unknown>): void {
  obey(STATE_RULES, position);
}

/** The call that ends a job instead of beginning one. */
function ends({ effect }: EffectInput): boolean {
  return effect === 'terminateJob';
}

/**
 * The plan permits a harder call once the time of the gentle one is over, whether that one still works or not: it is there to end what
 * it has begun. It is not made on one like it: none was accepted since the time was over.
 */
function isHarder({ call, is, taken: { before } }: Made): boolean {
  if (!is.forced || is.doubt !== null || call.effect !== stepOf(is).harder?.(is.member.settings)) return false;
  for (let node: Node<unknown> | null = before; node?.position.snapshot.context.forced; node = node.cameFrom)
    if (statePath(node.position.snapshot.value).startsWith('tracking')) return false;
  return true;
}

/** For people: of the side the step acted on when the look came. */
function isOnRecord(event: Event, before: Position, { snapshot: { context } }: Position): boolean {
  const { side, vm } = event as unknown as { side: Side; vm: VmObservation | null };
  if (side !== stepOf(before.snapshot.context).side) return true;
  const { seen } = context;
  if (vm === null) return true;
  const { state = null, health = null } = vm.replication ?? {};
  return seen?.power === vm.power && seen.mode === vm.mode && seen.state === state && seen.health === health;
}

/** New to shutting down, in the numbers of CIM. */
function isAtWork({ jobState }: JobObservation): boolean {
  return jobState >= 2 && jobState <= 6;
}

function makesFinal({ effect, side }: EffectInput): boolean {
  return effect === 'reverseReplication' && side === 'home';
}

/** By the last look: what happens to a VM after it is not the lifecycle's doing. */
export function isSeenRunning({ sights }: FailbackContext): boolean {
  return sights.home?.vm?.power === EnabledState.Running;
}

function contextsOf({ before, after }: Taken<unknown>): { readonly was: FailbackContext; readonly is: FailbackContext } {
  return { was: before.position.snapshot.context, is: after.position.snapshot.context };
}

function sawComplete({ event }: Taken<unknown>): boolean {
  return (event as { vm?: VmObservation | null } | null)?.vm?.replication?.state === 14;
}

function takes(position: Pick<Position, 'snapshot' | 'live' | 'timers'>, command: string): boolean {
  return accepts(position, { type: `failback.${command}`, at: 0 });
}

function hasWords({ failure }: FailbackContext): boolean {
  if (failure === null || failure.message.length <= 20 || (failure.remedy?.length ?? 0) <= 10) return false;
  return !failure.message.includes('undefined') && !failure.remedy?.includes('undefined');
}

/** Undefined, functions and numbers that are none are lost in JSON without a trace. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isPlain);
  return ['string', 'boolean'].includes(typeof value) || value === null || Number.isFinite(value);
}

export function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
