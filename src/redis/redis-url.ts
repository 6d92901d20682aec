import { FailbackError } from '../domain/failure.ts';

/** Where one server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

interface Access {
  readonly tls: boolean;
  /** Of the servers; Sentinels are asked without one. */
  readonly username?: string;
  readonly password?: string;
}

/** One Redis or Valkey server, as a URL names it. */
export interface SingleAddress extends ServerAddress, Access {
  readonly kind: 'single';
  /** Database number, default 0. */
  readonly database: number;
}

/** The primary that Sentinels know under a name. */
export interface SentinelAddress extends Access {
  readonly kind: 'sentinel';
  readonly sentinels: readonly ServerAddress[];
  readonly name: string;
  readonly database: number;
}

/** A cluster, by some of its nodes: the others are learnt from them. */
export interface ClusterAddress extends Access {
  readonly kind: 'cluster';
  readonly nodes: readonly ServerAddress[];
}

export type RedisAddress = SingleAddress | SentinelAddress | ClusterAddress;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;
const FORMS = {
  single: 'redis://[user:password@]host[:port][/database]',
  sentinel: 'redis+sentinel://[user:password@]host[:port],host[:port],…/name[/database]',
  cluster: 'redis+cluster://[user:password@]host[:port],host[:port],…',
} as const;

/**
 * Reads an address of a server, of Sentinels or of a cluster; `rediss` instead of `redis` in any of them means TLS to everybody.
 * @throws FailbackError `usage.invalid`; the message never holds the address, because the address may hold a password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'redis':
    case 'rediss':
      return parseServer(url, scheme === 'rediss');
    case 'redis+sentinel':
    case 'rediss+sentinel':
      return parseSentinels(url, scheme === 'rediss+sentinel');
    case 'redis+cluster':
    case 'rediss+cluster':
      return parseCluster(url, scheme === 'rediss+cluster');
    case undefined:
      throw invalid('the Redis address has no scheme');
    default:
      throw invalid(`the Redis address has the unknown scheme ${scheme}://`);
  }
}

/** What a Redis address names, for messages and logs: never the user name or the password. */
export function describeRedis(url: string): string {
  return describeAddress(parseRedisUrl(url));
}

/** "host:port", "name (Sentinels host:port, …)" or "cluster host:port, …". */
export function describeAddress(address: RedisAddress): string {
  switch (address.kind) {
    case 'single':
      return describeServer(address);
    case 'sentinel':
      return `${address.name} (Sentinels ${address.sentinels.map(describeServer).join(', ')})`;
    case 'cluster':
      return `cluster ${address.nodes.map(describeServer).join(', ')}`;
  }
}

/** "host:port"; IPv6 addresses in brackets. */
export function describeServer({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseServer(url: string, tls: boolean): SingleAddress {
  if (!URL.canParse(url)) throw invalid('the Redis address is not a URL (special characters in a password must be percent-encoded)');
  const { hostname, port, username, password, pathname, search } = new URL(url);
  if (hostname === '') throw invalid('the Redis address names no host');
  if (search !== '') throw invalid(`the Redis address at ${hostname} has options after "?", which are not supported`);
  const database = databaseOf(pathname.replace(/^\//, ''), hostname, 'single');
  return {
    kind: 'single',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
    tls,
    database,
    ...credentials(username, password),
  };
}

function parseSentinels(url: string, tls: boolean): SentinelAddress {
  const { servers, path, access } = parseList(url, DEFAULT_SENTINEL_PORT, 'sentinel');
  const where = servers.map(describeServer).join(', ');
  const [name = '', database = '', ...more] = path.split('/');
  if (name === '')
    throw invalid(`the address of the Sentinels at ${where} does not say under which name they know the primary`, 'sentinel');
  if (more.length > 0) throw invalid(`the address of the Sentinels at ${where} goes on after the database number`, 'sentinel');
  const number = databaseOf(database, where, 'sentinel');
  return { kind: 'sentinel', sentinels: servers, name: decode(name), tls, database: number, ...access };
}

function parseCluster(url: string, tls: boolean): ClusterAddress {
  const { servers, path, access } = parseList(url, DEFAULT_PORT, 'cluster');
  if (path !== '' && path !== '0') throw invalid('the address of a Redis cluster names a database: a cluster has only one', 'cluster');
  return { kind: 'cluster', nodes: servers, tls, ...access };
}

/** `scheme://[user:password@]server,server…[/path]`, which the URL class does not take. */
function parseList(
  url: string,
  defaultPort: number,
  form: keyof typeof FORMS,
): { readonly servers: readonly ServerAddress[]; readonly path: string; readonly access: Omit<Access, 'tls'> } {
  const parts = /^[^:]+:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(\?[^#]*)?$/.exec(url);
  if (parts === null) throw invalid('the Redis address is not a URL (special characters in a password must be percent-encoded)', form);
  const [, username = '', password = '', list = '', path = '', search] = parts;
  if (search !== undefined) throw invalid('the Redis address has options after "?", which are not supported', form);
  const servers = list.split(',').map((text) => {
    const [, bracketed, plain, port] = /^(?:\[([^[\]]+)\]|([^[\]:,\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || Number(port ?? defaultPort) > 65_535)
      throw invalid('the Redis address names something that is not host:port', form);
    return { host, port: Number(port ?? defaultPort) };
  });
  return { servers, path, access: credentials(username, password) };
}

function databaseOf(text: string, where: string, form: keyof typeof FORMS): number {
  if (!/^\d*$/.test(text)) throw invalid(`the Redis address at ${where} has a path that is not a database number`, form);
  return Number(text);
}

function credentials(username: string, password: string): Omit<Access, 'tls'> {
  return {
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('a name or the password in the Redis address is not percent-encoded correctly');
  }
}

function invalid(message: string, form?: keyof typeof FORMS): FailbackError {
  const remedy = form === undefined ? `Write it as ${Object.values(FORMS).join(', or as ')}.` : `Write it as ${FORMS[form]}.`;
  return new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy: `${remedy} With TLS: rediss instead of redis.` });
}
