import { FailbackError } from '../domain/failure.ts';

/** One Redis or Valkey server, as a URL names it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Database number, default 0. */
  readonly database: number;
}

const DEFAULT_PORT = 6379;
const FORMS = 'redis://[user:password@]host[:port][/database] or, with TLS, rediss://…';

/**
 * Reads `redis://` and `rediss://` addresses. `redis+sentinel://host1,host2/name` and `redis+cluster://host1,host2` are
 * recognised and refused: they come with a later version.
 * @throws FailbackError `usage.invalid`; the message never holds the address, because the address may hold a password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'redis':
    case 'rediss':
      return parseServer(url, scheme === 'rediss');
    case 'redis+sentinel':
    case 'redis+cluster':
      throw invalid(`Redis addresses with ${scheme}:// come with a later version`);
    case undefined:
      throw invalid('the Redis address has no scheme');
    default:
      throw invalid(`the Redis address has the unknown scheme ${scheme}://`);
  }
}

/** "host:port" of a Redis address, for messages and logs: never the user name or the password. */
export function describeRedis(url: string): string {
  return describeAddress(parseRedisUrl(url));
}

/** "host:port"; IPv6 addresses in brackets. */
export function describeAddress({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseServer(url: string, tls: boolean): RedisAddress {
  if (!URL.canParse(url)) throw invalid('the Redis address is not a URL (special characters in a password must be percent-encoded)');
  const { hostname, port, username, password, pathname, search } = new URL(url);
  if (hostname === '') throw invalid('the Redis address names no host');
  if (search !== '') throw invalid(`the Redis address at ${hostname} has options after "?", which are not supported`);
  const database = pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) throw invalid(`the Redis address at ${hostname} has a path that is not a database number`);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
    tls,
    database: Number(database),
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the user name or the password in the Redis address is not percent-encoded correctly');
  }
}

function invalid(message: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy: `Write it as ${FORMS}.` });
}
