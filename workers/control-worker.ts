import { Worker } from 'bullmq';
import type { TellInput } from '../machines/run.ts';
import { RUN_INSTANCE, type RunId } from '../src/runtime/keys.ts';
import type { ControlJob } from '../src/runtime/queue-jobs.ts';
import type { RunViews } from '../src/runtime/run-view.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { Sweep } from '../src/runtime/sweep.ts';

/** Serves a run's timers and what it tells its members. A queue of its own: a busy host can not delay a deadline. */
export function startControlWorker(run: RunId, runtime: Runtime, views: RunViews, sweep: Sweep): Worker<ControlJob> {
  return new Worker<ControlJob>(
    'control',
    async ({ data }) => {
      if (data.kind === 'tell') return tell(runtime, views, data.run, data.token);
      const ref = { run: data.run, id: data.id };
      const stored = await runtime.read(ref);
      if (stored) await sweep.fireTimers(ref, stored.row);
    },
    { connection: runtime.redis, prefix: runtime.keys.controlQueuePrefix(run), concurrency: 64 },
  );
}

/** Tells members and reports inside the job: a crash before the report makes it tell them again, which changes nothing. */
async function tell(runtime: Runtime, views: RunViews, run: RunId, token: string): Promise<void> {
  const ref = { run, id: RUN_INSTANCE };
  const stored = await runtime.read(ref);
  const live = stored?.row.live.tell;
  if (live?.token !== token) return;
  const { event, to } = live.input as TellInput;
  const ids = await views.idsIn(run, to);
  await Promise.all(ids.map((id) => runtime.advance({ run, id }, { type: event })));
  await runtime.advance(ref, { type: 'xstate.done.actor.tell', output: { told: ids.length } }, { effect: 'tell', token, final: true });
}
