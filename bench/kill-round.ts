import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contender.ts';
import type { RoundFigures } from './round.ts';
import { Stage, type StageOptions } from './stage.ts';

const LOOK_MS = 5;

/**
 * Kills the one worker when hosts have been asked to bring half of the VMs home, and starts another one at once. Times count from the moment when
 * the new process is started, its loading included. Nothing is configured for the purpose on either side.
 * @throws Error when VMs are not home after ten minutes
 */
export async function runKillRound(contender: Contender, options: StageOptions): Promise<RoundFigures> {
  const { members } = options;
  const stage = await Stage.set(contender, options);
  try {
    const first = await stage.startWorker();
    await stage.create();
    while ((await stage.hosts.flight()).calledFor < members / 2) await sleep(LOOK_MS);
    await first.kill();
    const atKill = await stage.hosts.flight();
    const homeAtKill = await contender.completed(stage.redis);
    const startedAt = Date.now();
    const second = await stage.startWorker();
    const readyAt = Date.now();
    await stage.untilAllHome();
    const outcome = await contender.outcome(stage.redis);
    const counted = await stage.hosts.figures();
    const firsts = counted?.firsts[second.pid];
    const recordedAt = outcome.recordedAt?.find((at) => at >= startedAt);
    const doneAt = outcome.members.reduce((last, { completedAt }) => Math.max(last, completedAt), 0);
    await second.end();
    return {
      calledAtKill: atKill.calledFor,
      underWayAtKill: atKill.underWay,
      homeAtKill,
      ready: readyAt - startedAt,
      ...(firsts === undefined ? {} : { firstRequest: firsts.requestAt - startedAt }),
      ...(firsts === undefined || firsts.callAt === null ? {} : { firstCall: firsts.callAt - startedAt }),
      ...(recordedAt === undefined ? {} : { firstCommit: recordedAt - startedAt }),
      allDone: doneAt - startedAt,
      repeated: counted?.repeated.length ?? 0,
      lost: members - outcome.members.length,
    };
  } finally {
    await stage.clear();
  }
}
