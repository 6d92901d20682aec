import { type FailbackContext, mayBeAtWork } from '../../../machines/failback-context.ts';
import type { EffectInput, WatchInput } from '../../../src/domain/effect.ts';
import { ENDED_STATUSES } from '../../../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import type { Node, Taken } from './explore.ts';
import { accepts, type Position, statusOf } from './position.ts';

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

/** The rules of every call, in every strategy. */
const CALL_RULES: Rules<Made> = {
  'a call is only made on a look': ({ call, taken: { event } }) => ends(call) || event?.type === 'host.observed',
  'one call at a time': ({ taken: { before, event } }) => !('call' in before.position.live) || /\.actor\.call$/.test(event?.type ?? ''),
  'nothing is called while an earlier call is in doubt': ({ call, is }) => ends(call) || is.doubt === null,
  'nothing is called after a cancel, but on the way back': ({ call, is }) => ends(call) || !is.cancelRequested || is.course === 'back',
  'nothing is called while paused': ({ call, was }) => ends(call) || !was.pauseRequested,
  'nothing is called while a job runs': ({ call, look: { job, running } }) =>
    ends(call) || (!(job && job.jobState < 7) && running.length === 0),
  'a job that was seen to have ended is not called': ({ call, was, look: { running } }) =>
    !ends(call) || was.ended === null || call.jobId !== was.jobId || running.some(({ jobId }) => jobId === call.jobId),
};

/** What they add in strategy `provider`. */
const PROVIDER_CALL_RULES: Rules<Made> = {
  'nothing is called while an earlier call may be at work': ({ call, is }) => ends(call) || !mayBeAtWork(is),
  'InitiateFailback is only called after a look for jobs': ({ call, taken: { before } }) =>
    call.effect !== 'initiateFailback' || (before.position.live.watch?.input as WatchInput | undefined)?.allJobs === true,
  'InitiateFailback is only called on a VM that is ready': ({ call, look: { vm } }) =>
    call.effect !== 'initiateFailback' ||
    ([2, 4].includes(vm?.mode ?? 0) && [5, 6].includes(vm?.replication?.state ?? 0) && vm?.power === 3 && vm.replication?.health !== 3),
  'the VM is not started before state 14': ({ call, look: { vm } }) =>
    call.effect !== 'startVirtualMachine' || vm?.replication?.state === 14,
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
    return done || context.cancelRequested || context.course === 'back' || WAYS_OUT.some((name) => takes(position, name));
  },
  'the context survives JSON': ({ snapshot: { context } }) => isPlain(context),
};

const COMMANDS = ['admit', 'resume', 'retry', 'cancel', 'approve'] as const;
const WAYS_OUT = ['retry', 'cancel'] as const;

/** @throws Error when a transition of strategy `provider` breaks a rule */
export function inspect(taken: Taken<unknown>): void {
  obey(PROVIDER_RULES, taken);
  inspectCalls(taken, { ...CALL_RULES, ...PROVIDER_CALL_RULES });
}

/** @throws Error when a call that was started breaks a rule */
export function inspectCalls(taken: Taken<unknown>, rules: Rules<Made> = CALL_RULES): void {
  for (const call of callsIn(taken)) {
    const { vm = null, job = null, running = [] } = (taken.event ?? {}) as unknown as Partial<Made['look']>;
    obey(rules, { call, taken, ...contextsOf(taken), look: { vm, job, running } });
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
