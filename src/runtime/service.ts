import type { RunId } from './keys.ts';
import type { LogOnGap, WorkerRecord } from './presence.ts';
import type { RunRecord } from './run-record.ts';

/** A host of a run on which nobody can do anything now. */
export interface UnservedHost {
  /** Plan name. */
  readonly host: string;
  /** Workers that are meant to serve it, and what each lacks; empty when no worker is meant to. */
  readonly lacking: readonly { readonly worker: string; readonly gap: LogOnGap }[];
}

/** Workers that look after a run. */
export function workersOf(run: RunId, workers: readonly WorkerRecord[]): readonly WorkerRecord[] {
  return workers.filter(({ runs }) => runs === null || runs.includes(run));
}

/** Hosts of a run that wait for a worker although some worker looks after the run. */
export function unservedHosts({ run, hosts }: Pick<RunRecord, 'run' | 'hosts'>, workers: readonly WorkerRecord[]): readonly UnservedHost[] {
  const serving = workersOf(run, workers);
  if (serving.length === 0) return [];
  return hosts.flatMap(({ name }) => {
    const meant = serving.filter((worker) => worker.hosts === null || worker.hosts.includes(name));
    const lacking = meant.flatMap(({ worker, gaps }) =>
      gaps.filter((gap) => gap.run === run && gap.host === name).map((gap) => ({ worker, gap })),
    );
    return lacking.length === meant.length ? [{ host: name, lacking }] : [];
  });
}
