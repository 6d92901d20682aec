import { describe } from 'vitest';
import { accessRules } from './access-rules.ts';
import { drillRules } from './drill-rules.ts';
import { failbackRules } from './failback-rules.ts';
import { lostAnswerRules } from './lost-answer-rules.ts';
import type { Access } from './scene.ts';
import { wayHomeRules } from './way-home-rules.ts';

/** What every way to reach a Hyper-V host must keep, tried on simulated hosts over real sockets. */
export function describeHyperVHost(way: string, access: Access): void {
  describe(`a host reached by ${way}`, () => {
    accessRules(access);
    failbackRules(access);
    wayHomeRules(access);
    drillRules(access);
    lostAnswerRules(access);
  });
}
