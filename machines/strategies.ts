import type { MemberSettings } from '../src/domain/member.ts';
import { CLEAN_UP_STEPS, drillSteps } from './drill-steps.ts';
import { providerSteps } from './provider-steps.ts';
import { reverseSteps } from './reverse-steps.ts';
import { ROLLBACK_STEPS } from './rollback-steps.ts';
import type { Step } from './step.ts';

/** `forth` to the goal, `back` to where the member was before its point of no return, or to the removal of what it made. */
export type Course = 'forth' | 'back';

/** Steps by the settings they were made for: asked for by every guard, and members share their settings. */
const made: Readonly<Record<Course, WeakMap<MemberSettings, readonly Step[]>>> = { forth: new WeakMap(), back: new WeakMap() };

/** The steps of a strategy, in order. Empty where there is no way back. */
export function stepsFor(settings: MemberSettings, course: Course): readonly Step[] {
  let steps = made[course].get(settings);
  if (!steps) {
    steps = makeSteps(settings, course);
    made[course].set(settings, steps);
  }
  return steps;
}

function makeSteps(settings: MemberSettings, course: Course): readonly Step[] {
  switch (settings.strategy) {
    case 'provider':
      return course === 'forth' ? providerSteps(settings) : [];
    case 'reverse':
      return course === 'forth' ? reverseSteps(settings) : ROLLBACK_STEPS;
    case 'drill':
      return course === 'forth' ? drillSteps(settings) : CLEAN_UP_STEPS;
  }
}
