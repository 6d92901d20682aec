import type { HostTrouble } from './host-health.ts';
import type { RunId } from './keys.ts';
import type { LogOnGap, Service, WorkerRecord } from './presence.ts';
import type { RunRecord } from './run-record.ts';

/** True for a worker of all runs, or of this one. */
export function looksAfter({ runs }: Service, run: RunId): boolean {
  return runs === null || runs.includes(run);
}

/** What keeps a worker from logging on to a host of a run; null when nothing is known to. */
function gapOf({ gaps }: WorkerRecord, run: RunId, host: string): LogOnGap | null {
  return gaps.find((gap) => gap.run === run && gap.host === host) ?? null;
}

/** True for a worker that makes calls for a run on a host. */
export function servesHost(worker: WorkerRecord, run: RunId, host: string): boolean {
  return looksAfter(worker, run) && (worker.hosts?.includes(host) ?? true) && gapOf(worker, run, host) === null;
}

/** Hosts of a run on which nobody does anything although some worker looks after the run, and why. */
export function unservedHosts({ run, hosts }: RunRecord, workers: readonly WorkerRecord[], now: number): readonly HostTrouble[] {
  const alive = workers.filter((worker) => looksAfter(worker, run));
  if (alive.length === 0) return [];
  return hosts
    .filter(({ name }) => !alive.some((worker) => servesHost(worker, run, name)))
    .map(({ name }) => ({ host: name, since: now, failure: whyNobody(run, name, alive) }));
}

function whyNobody(run: RunId, host: string, workers: readonly WorkerRecord[]): HostTrouble['failure'] {
  const lacking = workers.flatMap((worker) => {
    const gap = gapOf(worker, run, host);
    return gap ? [{ worker: worker.worker, failure: gap.failure }] : [];
  });
  const [first] = lacking;
  if (!first) {
    const message = `Host ${host}: no worker serves it`;
    return { class: 'retryable', code: 'host.not-sent', message, remedy: `Start one: failback worker --hosts ${host}` };
  }
  const others = lacking.length === 1 ? '' : `, and ${lacking.length - 1} more`;
  return { ...first.failure, message: `Host ${host}: no worker can log on: ${first.failure.message} (worker ${first.worker}${others})` };
}
