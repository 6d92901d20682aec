import { describe } from 'vitest';
import { accessRules } from './access-rules.ts';
import { drillRules } from './drill-rules.ts';
import { failbackRules } from './failback-rules.ts';
import { lostAnswerRules } from './lost-answer-rules.ts';
import type { Access } from './scene.ts';
import { wayHomeRules } from './way-home-rules.ts';

type Rules = (access: Access) => void;

const ALL: readonly Rules[] = [accessRules, failbackRules, wayHomeRules, drillRules, lostAnswerRules];

/** `npm run test:ways`: every rule by every way. */
const IS_WHOLE = process.env.TEST_WAYS === 'whole';

/**
 * What every way to reach a Hyper-V host must keep, tried on simulated hosts over real sockets.
 * @param rules those that `npm test` has time for, where another way like this one is tried by all, or none; default all
 */
export function describeHyperVHost(way: string, access: Access, rules: readonly Rules[] = ALL): void {
  const tried = IS_WHOLE ? ALL : rules;
  if (tried.length === 0) return;
  describe(`a host reached by ${way}`, () => {
    for (const describeRules of tried) describeRules(access);
  });
}
