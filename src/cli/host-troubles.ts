import { type HostTrouble, readHostHealth } from '../runtime/host-health.ts';
import { hostKeyOf } from '../runtime/keys.ts';
import type { WorkerRecord } from '../runtime/presence.ts';
import type { RunView } from '../runtime/run-view.ts';
import { unservedHosts } from '../runtime/service.ts';
import type { RedisSession } from './redis-session.ts';

/**
 * What keeps hosts of a run from being worked on, at most one trouble a host: nobody can log on, or they can not be looked at.
 * @param workers those that look after the run
 */
export async function hostTroubles(
  { redis, runtime }: Pick<RedisSession, 'redis' | 'runtime'>,
  { record, state }: Pick<RunView, 'record' | 'state'>,
  workers: readonly WorkerRecord[],
): Promise<readonly HostTrouble[]> {
  const unserved = state === 'finished' ? [] : unservedHosts(record, workers, runtime.now());
  const served = record.hosts.filter(({ name }) => !unserved.some(({ host }) => host === name));
  const keys = served.map(({ address }) => hostKeyOf(address));
  return [...unserved, ...(await readHostHealth(redis, runtime.keys, keys))];
}
