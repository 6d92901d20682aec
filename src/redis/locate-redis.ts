import { FailbackError } from '../domain/failure.ts';
import { findManagedRedis, startManagedRedis } from './managed-redis.ts';
import { parseRedisUrl } from './redis-url.ts';

export interface LocateOptions {
  /** The `--redis` flag. */
  readonly flag?: string | undefined;
  /** Default: `process.env`; FAILBACK_REDIS_URL and FAILBACK_DATA count. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Start the managed server of the data directory when it does not run; default true. It outlives this process. */
  readonly start?: boolean;
}

export interface LocatedRedis {
  /** May hold a password: show `describeRedis(url)` instead. */
  readonly url: string;
  readonly source: 'flag' | 'environment' | 'managed';
}

/** FAILBACK_DATA, default `.failback`: where the managed Redis and the reports live. */
export function dataDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment.FAILBACK_DATA || '.failback';
}

/**
 * Which Redis to use: the flag, else FAILBACK_REDIS_URL, else the managed server of the data directory.
 * @throws FailbackError `usage.invalid` for an address that cannot be used, `redis.unreachable` when no managed server runs
 * and none may or can be started
 */
export async function locateRedis(options: LocateOptions = {}): Promise<LocatedRedis> {
  const environment = options.environment ?? process.env;
  if (options.flag !== undefined) return checked(options.flag, 'flag');
  if (environment.FAILBACK_REDIS_URL) return checked(environment.FAILBACK_REDIS_URL, 'environment');
  const directory = dataDirectory(environment);
  const redis = (options.start ?? true) ? await startManagedRedis({ directory, outlive: true }) : await findManagedRedis(directory);
  if (redis !== undefined) return { url: redis.url, source: 'managed' };
  throw new FailbackError({
    class: 'operator',
    code: 'redis.unreachable',
    message: `no Redis of ours runs in ${directory}`,
    remedy: 'Name a running Redis with --redis or FAILBACK_REDIS_URL, or the right directory with FAILBACK_DATA.',
  });
}

function checked(url: string, source: 'flag' | 'environment'): LocatedRedis {
  parseRedisUrl(url);
  return { url, source };
}
