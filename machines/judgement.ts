import { jobPhase } from '../src/domain/cim-job.ts';
import { type FailbackContext, type HostObserved, stepOf, stepsOf } from './failback-context.ts';
import { bothRun } from './pair.ts';
import { lookOf, wholeLook } from './sight.ts';
import { type Look, pairOf, type Readiness } from './step.ts';

/** May the call be made: the harder one once the time of the first is over. */
export function readinessOf(context: FailbackContext, look: Look): Readiness {
  const { readiness, harderReadiness } = stepOf(context);
  const { settings } = context.member;
  return context.forced && harderReadiness ? harderReadiness(look, settings) : readiness(look, settings);
}

/** What a fresh look means before the call of a step; `partial`: another side is still to be seen. */
export type Before = 'partial' | 'missing' | 'done' | 'under-way' | 'ready' | 'wait' | 'blocked';

export const judgeBefore = remembered((context: FailbackContext, event: HostObserved): Before => {
  const look = wholeLook(context, event);
  if (look === 'partial' || look === 'missing') return look;
  if (look.away && bothRun(pairOf(look))) return 'blocked';
  const step = stepOf(context);
  if (step.done(look, context.member.settings)) return 'done';
  if (!context.forced && step.underWay(look)) return 'under-way';
  return readinessOf(context, look).is;
});

/**
 * What a fresh look means while the operation of a step is followed:
 * - `going`: the host is at work
 * - `found`: a job of ours that we did not know yet
 * - `failed`: the job failed and the VM is back where the step may start again
 * - `vanished`: the job is gone and nothing shows that it worked
 * - `unsettled`: the job is over (or there never was one), but what should follow is not there yet
 */
export type During = 'partial' | 'missing' | 'done' | 'going' | 'found' | 'failed' | 'vanished' | 'unsettled';

export const judgeDuring = remembered((context: FailbackContext, event: HostObserved): During => {
  const look = wholeLook(context, event);
  if (look === 'partial' || look === 'missing') return look;
  const step = stepOf(context);
  if (step.done(look, context.member.settings)) return 'done';
  const underWay = step.effect === null && !step.comesByItself ? null : step.underWay(look);
  if (context.jobId === null) {
    if (underWay?.jobId) return 'found';
    return underWay ? 'going' : 'unsettled';
  }
  if (!look.job) return underWay ? 'going' : 'vanished';
  switch (jobPhase(look.job.jobState, look.job.errorCode)) {
    case 'running':
      return 'going';
    case 'succeeded':
      return underWay ? 'going' : 'unsettled';
    case 'odd':
      return 'unsettled';
    case 'failed':
      return underWay || readinessOf(context, look).is === 'blocked' ? 'unsettled' : 'failed';
  }
});

/** One guard after the other asks the same: the last answer is kept. */
function remembered<Verdict>(
  judge: (context: FailbackContext, event: HostObserved) => Verdict,
): (context: FailbackContext, event: HostObserved) => Verdict {
  let last: { readonly context: FailbackContext; readonly event: HostObserved; readonly verdict: Verdict } | undefined;
  return (context, event) => {
    if (last?.context !== context || last.event !== event) last = { context, event, verdict: judge(context, event) };
    return last.verdict;
  };
}

/** The look shows the end of the followed job. What it was to bring about may still be at work. */
export function jobHasEnded({ job }: HostObserved): boolean {
  const phase = job && jobPhase(job.jobState, job.errorCode);
  return phase === 'succeeded' || phase === 'failed';
}

/** No operation of the step is at work any more, whatever came of it. */
export function isOver(context: FailbackContext, event: HostObserved): boolean {
  const look = lookOf(context, event);
  if (!look || stepOf(context).underWay(look)) return false;
  const phase = look.job && jobPhase(look.job.jobState, look.job.errorCode);
  return phase !== 'running' && phase !== 'odd';
}

/** Index of the first rung below the current step that does not hold (any more); -1 when all do. */
export function openRung(context: FailbackContext, event: HostObserved): number {
  const look = lookOf(context, event);
  if (!look?.away) return -1;
  const open = stepsOf(context).findIndex(({ lasting, done }) => lasting && !done(look, context.member.settings));
  return open < context.step ? open : -1;
}
