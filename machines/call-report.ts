import type { EffectName, EffectOutput } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import { isAccepted, returnValueFailure } from '../src/domain/return-value.ts';
import { type FailbackContext, retryOf, stepOf } from './failback-context.ts';
import { unknownOutcome } from './wording.ts';

/** The call of the current step; only asked for in steps that make one. */
export function effectOf(context: FailbackContext): EffectName {
  const { effect: gentle, harder, name } = stepOf(context);
  const effect = (context.forced && harder?.(context.member.settings)) || gentle;
  if (effect === null) throw new Error(`step ${name} only watches`);
  return effect;
}

export function answer(event: { readonly type: string }): EffectOutput | null {
  return (event as { output?: EffectOutput }).output ?? null;
}

/** The failure an effect reports: a refusal of the host, or a call that did not come back. Null when the call was accepted. */
export function refusal(context: FailbackContext, event: { readonly type: string }): Failure | null {
  const { error } = event as { error?: Partial<Failure> };
  const output = answer(event);
  if (error || !output) return isKnown(error) ? error : unknownOutcome(context, error?.message);
  return isAccepted(output.returnValue) ? null : returnValueFailure(stepOf(context).label, output.returnValue);
}

/** A defect of our own, or a report nobody can read, says nothing about what the host has made of the call. */
function isKnown(error: Partial<Failure> | undefined): error is Failure {
  return error?.class !== undefined && error.code !== 'internal';
}

export function attemptsLeft(context: FailbackContext): boolean {
  return context.attempt < retryOf(context).attempts;
}

/** There is a harder call than the one whose time is over, the plan permits it, and nobody has cancelled meanwhile. */
export function canForce({ forced, member, ...rest }: FailbackContext): boolean {
  return !forced && !rest.cancelRequested && (stepOf({ forced, member, ...rest }).harder?.(member.settings) ?? null) !== null;
}

/** An action of the statechart: the call of the step is known to have reached the host. */
export const countCall = { type: 'count', params: ({ context }: { context: FailbackContext }) => ({ calls: effectOf(context) }) } as const;
