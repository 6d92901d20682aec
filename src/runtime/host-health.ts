import type { Failure } from '../domain/failure.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Keys } from './keys.ts';

/** A host that can not be looked at. */
export interface HostTrouble {
  /** Plan name. */
  readonly host: string;
  /** ms since the epoch, of the last try */
  readonly since: number;
  readonly failure: Failure;
}

/** Remembers for a minute that a host can not be looked at, or that it can again. For people only. */
export async function writeHostHealth(redis: RedisConnection, keys: Keys, hostKey: string, trouble: HostTrouble | null): Promise<void> {
  if (trouble === null) await redis.del(keys.hostTrouble(hostKey));
  else await redis.set(keys.hostTrouble(hostKey), JSON.stringify(trouble), 'EX', 60);
}

/** Troubles of the given hosts. */
export async function readHostHealth(redis: RedisConnection, keys: Keys, hostKeys: readonly string[]): Promise<readonly HostTrouble[]> {
  const texts = await Promise.all(hostKeys.map((hostKey) => redis.get(keys.hostTrouble(hostKey))));
  return texts.filter((text) => text !== null).map((text) => JSON.parse(text) as HostTrouble);
}
