import type { Redis } from 'ioredis';
import { FailbackError } from '../domain/failure.ts';
import { primariesOf, type RedisConnection } from './connection.ts';
import { describeServer } from './redis-url.ts';

/** One thing looked at. `remedy` is there when something is to be done. */
export interface RedisFinding {
  readonly severity: 'ok' | 'warning' | 'error';
  readonly subject:
    | 'version'
    | 'persistence'
    | 'fsync'
    | 'eviction'
    | 'last write'
    | 'snapshots'
    | 'loading'
    | 'role'
    | 'replication'
    | 'clock';
  readonly message: string;
  readonly remedy?: string;
}

/** Clocks further apart than this are reported; timers are set by one machine and fire on another. */
const MAX_SKEW_MS = 1000;

/**
 * Looks whether a server keeps what it confirmed: version, append-only file, eviction, write errors, role, replicas, clock. Everything
 * but `appendfsync`, `min-replicas-to-write` and the snapshot schedule comes from INFO; those become a warning where CONFIG is forbidden.
 * Behind Sentinels and in a cluster it looks at the present primaries: not at replicas, of which one may be the next, nor at Sentinels.
 * @throws what the connection throws
 */
export async function checkRedisSafety(redis: RedisConnection): Promise<RedisFinding[]> {
  const servers = await primariesOf(redis);
  const findings = await Promise.all(servers.map(checkServer));
  const first = findings[0];
  if (servers.length === 1 && first !== undefined) return first;
  return findings.flatMap((of, n) => {
    const { host = '?', port = 0 } = servers[n]?.options ?? {};
    return of.map((finding) => ({ ...finding, message: `${describeServer({ host, port })}: ${finding.message}` }));
  });
}

async function checkServer(redis: Redis): Promise<RedisFinding[]> {
  const clock = await checkClock(redis);
  const info = parseInfo(await redis.info());
  const [appendfsync, save] = [await readConfig(redis, 'appendfsync'), await readConfig(redis, 'save')];
  return [
    checkVersion(info),
    checkPersistence(info, save),
    ...(info.get('aof_enabled') === '1' ? [checkFsync(appendfsync)] : []),
    checkEviction(info),
    checkLastWrite(info),
    ...(save === '' ? [] : [checkSnapshots(info)]),
    checkLoading(info),
    checkRole(info),
    ...(isReplicated(info) ? [checkReplication(info, await readConfig(redis, 'min-replicas-to-write'))] : []),
    clock,
  ];
}

/**
 * Refuses a server that may forget what it confirmed. Warnings pass.
 * @throws FailbackError `redis.unsafe` with all errors and their remedies
 */
export async function assertSafeRedis(redis: RedisConnection): Promise<void> {
  const errors = (await checkRedisSafety(redis)).filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new FailbackError({
    class: 'operator',
    code: 'redis.unsafe',
    message: `this Redis is not safe to use: ${errors.map(({ message }) => message).join('; ')}`,
    remedy: errors.flatMap(({ remedy }) => remedy ?? []).join(' '),
  });
}

type Info = ReadonlyMap<string, string>;

function checkVersion(info: Info): RedisFinding {
  const subject = 'version';
  const version = info.get('redis_version');
  if (version === undefined) return unreadable(subject, 'the version');
  // Valkey reports the Redis version it is compatible with beside its own.
  const valkey = info.get('valkey_version');
  const name = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return { severity: 'ok', subject, message: name };
  return { severity: 'error', subject, message: `${name} is too old`, remedy: 'Use Redis 6.2 or newer, or Valkey.' };
}

function checkPersistence(info: Info, save: string | undefined): RedisFinding {
  const subject = 'persistence';
  const remedy = 'Set "appendonly yes" (CONFIG SET appendonly yes, then CONFIG REWRITE).';
  if (info.get('aof_enabled') === '1') return { severity: 'ok', subject, message: 'append-only file is on' };
  if (save === undefined) {
    const message = 'the append-only file is off, and whether anything else keeps the data could not be read';
    return { severity: 'warning', subject, message, remedy: 'Turn the append-only file on, or make sure the service replicates.' };
  }
  if (save === '') return { severity: 'error', subject, message: 'persistence is off: a restart forgets every run', remedy };
  return {
    severity: 'error',
    subject,
    message: `only snapshots are kept (save "${save}"): a crash forgets what came after the last`,
    remedy,
  };
}

function checkFsync(appendfsync: string | undefined): RedisFinding {
  const subject = 'fsync';
  if (appendfsync === undefined) return unreadable(subject, 'appendfsync');
  if (appendfsync === 'always') return { severity: 'ok', subject, message: 'every write is forced to disk' };
  if (appendfsync === 'everysec') return { severity: 'ok', subject, message: 'a power cut loses at most the last second' };
  const message = `appendfsync is ${appendfsync}: a power cut may lose half a minute`;
  return { severity: 'warning', subject, message, remedy: 'CONFIG SET appendfsync everysec' };
}

function checkEviction(info: Info): RedisFinding {
  const subject = 'eviction';
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) return unreadable(subject, 'maxmemory-policy');
  if (policy === 'noeviction') return { severity: 'ok', subject, message: 'nothing is evicted' };
  const message = `maxmemory-policy is ${policy}: when memory runs short, Redis forgets runs`;
  return { severity: 'error', subject, message, remedy: 'CONFIG SET maxmemory-policy noeviction' };
}

function checkLastWrite(info: Info): RedisFinding {
  const subject = 'last write';
  const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status'].filter((field) => (info.get(field) ?? 'ok') !== 'ok');
  if (failed.length === 0) return { severity: 'ok', subject, message: 'the last write to disk succeeded' };
  const severity = failed.includes('aof_last_write_status') ? 'error' : 'warning';
  const message = `Redis could not write its append-only file (${failed.join(', ')})`;
  return { severity, subject, message, remedy: 'Look for a full disk or missing rights in the log of Redis.' };
}

/** Matters only where snapshots are scheduled: Redis then refuses every write until one succeeds. */
function checkSnapshots(info: Info): RedisFinding {
  const subject = 'snapshots';
  if ((info.get('rdb_last_bgsave_status') ?? 'ok') === 'ok') return { severity: 'ok', subject, message: 'the last snapshot succeeded' };
  const message = 'the last snapshot failed: Redis may refuse every write';
  return { severity: 'error', subject, message, remedy: 'Look for a full disk or missing rights in the log of Redis, then run BGSAVE.' };
}

function checkLoading(info: Info): RedisFinding {
  const subject = 'loading';
  const loading = info.get('loading') === '1' || info.get('async_loading') === '1';
  if (!loading) return { severity: 'ok', subject, message: 'all data is loaded' };
  return { severity: 'error', subject, message: 'Redis is still loading its data', remedy: 'Wait until it is done.' };
}

function checkRole(info: Info): RedisFinding {
  const subject = 'role';
  const role = info.get('role');
  if (role === undefined) return unreadable(subject, 'the role');
  if (role === 'master') return { severity: 'ok', subject, message: 'accepts writes' };
  const message = `this is a read-only replica of ${info.get('master_host') ?? 'another server'}:${info.get('master_port') ?? '?'}`;
  return { severity: 'error', subject, message, remedy: 'Use the address of the primary.' };
}

function isReplicated(info: Info): boolean {
  return info.get('redis_mode') === 'cluster' || Number(info.get('connected_slaves') ?? 0) > 0;
}

/** Replication is asynchronous: what a failover forgets of what was confirmed is bounded by what a primary may confirm alone. */
function checkReplication(info: Info, least: string | undefined): RedisFinding {
  const subject = 'replication';
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas === 0) {
    const message = 'this primary has no replica: nobody takes over from it';
    return { severity: 'warning', subject, message, remedy: 'Add a replica, or be sure that it is started again with its data.' };
  }
  if (least === undefined) return unreadable(subject, 'min-replicas-to-write');
  if (Number(least) > 0) return { severity: 'ok', subject, message: `${replicas} replicas; confirms nothing without ${least} of them` };
  const message = 'min-replicas-to-write is 0: a primary that is cut off goes on confirming what the failover forgets';
  return { severity: 'warning', subject, message, remedy: 'CONFIG SET min-replicas-to-write 1' };
}

async function checkClock(redis: Redis): Promise<RedisFinding> {
  const subject = 'clock';
  const before = Date.now();
  const [seconds, microseconds] = await redis.time();
  const after = Date.now();
  const server = Number(seconds) * 1000 + Number(microseconds) / 1000;
  // What the round trip cannot explain.
  const skew = Math.round(server < before ? server - before : Math.max(0, server - after));
  if (Math.abs(skew) <= MAX_SKEW_MS) return { severity: 'ok', subject, message: 'agrees with the clock of this machine' };
  const message = `the clock of Redis is ${Math.abs(skew)} ms ${skew > 0 ? 'ahead of' : 'behind'} this machine's`;
  return { severity: 'warning', subject, message, remedy: 'Synchronise both clocks (NTP).' };
}

function unreadable(subject: RedisFinding['subject'], what: string): RedisFinding {
  return { severity: 'warning', subject, message: `${what} could not be read`, remedy: 'Allow INFO and CONFIG GET, or check it by hand.' };
}

/** Undefined where the server forbids or does not know CONFIG, as managed services do. */
async function readConfig(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const answer: unknown = await redis.config('GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}

function parseInfo(text: string): Info {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon <= 0 || line.startsWith('#') ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}
