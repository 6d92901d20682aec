import { describe } from 'vitest';
import { accessRules } from './access-rules.ts';
import { drillRules } from './drill-rules.ts';
import { failbackRules } from './failback-rules.ts';
import { lostAnswerRules } from './lost-answer-rules.ts';
import type { OpenHost } from './scene.ts';
import { wayHomeRules } from './way-home-rules.ts';

/** What every way to reach a Hyper-V host must keep, tried on simulated hosts over real sockets. */
export function describeHyperVHost(access: string, open: OpenHost): void {
  describe(`a host reached by ${access}`, () => {
    accessRules(open);
    failbackRules(open);
    wayHomeRules(open);
    drillRules(open);
    lostAnswerRules(open);
  });
}
