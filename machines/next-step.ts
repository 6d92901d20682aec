import { type FailbackContext, stepOf, stepsOf } from './failback-context.ts';
import { lookOf } from './sight.ts';
import type { Step, StepName } from './step.ts';

/** What is known of a step nothing was called for yet. */
export const UNTOUCHED = { attempt: 0, jobId: null, doubt: null, touched: false, ended: null, forced: false, transfer: false } as const;

/** The member goes on to the first step that is not done, with nothing called for it yet; what it passes over is put on record. */
export function nextStep(context: FailbackContext, event: { readonly type: string; readonly at: number }): Partial<FailbackContext> {
  const steps = stepsOf(context);
  const left = stepOf(context);
  const begun = context.attempt > 0 || context.touched;
  const next = firstOpen(context, event, steps);
  const passed = steps.slice(context.step + 1, next);
  const skipped = [...(begun ? [] : [left]), ...passed]
    .filter((step) => step.effect !== null && !isOurs(context, step))
    .map(({ name }) => name);
  const nameOfNext = steps[next]?.name;
  const forth = context.course === 'forth';
  return {
    step: next,
    ...UNTOUCHED,
    failure: null,
    skipped: forth && skipped.length > 0 ? merged(context.skipped, skipped) : context.skipped,
    stoppedAt: forth && left.name === 'shutdown' && begun ? event.at : context.stoppedAt,
    homeAt: forth && isVerified(left, nameOfNext) ? event.at : context.homeAt,
  };
}

/** A VM that was told to go down, and did so only after the lifecycle had left that step, went down by us. */
function isOurs({ stoppedAt }: FailbackContext, { name }: Step): boolean {
  return name === 'shutdown' && stoppedAt !== null;
}

/** Index of the first step after the current one whose rung does not hold; what is no rung is looked at in its turn. */
function firstOpen(context: FailbackContext, event: { readonly type: string }, steps: readonly Step[]): number {
  const look = context.member.partner === null ? null : lookOf(context, event);
  let next = context.step + 1;
  for (
    let step = steps[next];
    look?.away && step?.lasting && step.done({ ...look, side: step.side }, context.member.settings);
    step = steps[next]
  )
    next++;
  return next;
}

function isVerified({ name }: Step, next: StepName | undefined): boolean {
  return name === 'probe' || (name === 'verify' && next !== 'probe');
}

function merged(before: readonly StepName[], more: readonly StepName[]): readonly StepName[] {
  return [...before, ...more.filter((name) => !before.includes(name))];
}
