import { isIP, isIPv6 } from 'node:net';

export type ParsedAddress =
  | {
      /** Complete and in one form only. */
      readonly address: string;
      readonly scheme: 'https' | 'http' | 'dcom';
      /** Lower case; an IPv6 address without its brackets. */
      readonly hostname: string;
    }
  | { readonly problem: string };

/** What an address looks like, for messages. */
export const ADDRESS_FORM = 'https://HOST, https://HOST:PORT or https://HOST:PORT/PATH; with transport powershell also dcom://HOST';

/** WinRM's own ports, used when the address names none. */
const DEFAULT_PORT = { https: 5986, http: 5985 } as const;
const DEFAULT_PATH = '/wsman';
const SHAPE = /^(?<scheme>https?|dcom):\/\/(?<host>\[[^\]]*\]|[^\s/?#:\\[\]]+)(?::(?<port>\d*))?(?<path>\/[^\s?#\\]*)?$/i;

/**
 * Checks the address of a host and completes it: port 5986 (5985 for `http:`) and path `/wsman` where it has none; `dcom:` has neither.
 * Messages never repeat the address, because people put passwords into it.
 */
export function parseAddress(text: string): ParsedAddress {
  if (text.includes('@')) return { problem: 'an address holds no user name or password; use credentials' };
  if (/[?#]/.test(text)) return { problem: 'an address has no query and no fragment' };
  const groups = SHAPE.exec(text)?.groups;
  if (!groups) {
    return {
      problem: /^(https?|dcom):\/\//i.test(text) ? 'this is not an address of a host' : 'an address starts with https:// or http://',
    };
  }
  const scheme = (groups.scheme?.toLowerCase() ?? 'https') as 'https' | 'http' | 'dcom';
  const host = (groups.host ?? '').toLowerCase();
  if (!isHost(host)) return { problem: 'the host of the address is neither a DNS name nor an IP address' };
  const hostname = host.replace(/^\[|\]$/g, '');
  if (scheme === 'dcom') {
    if (groups.port !== undefined || (groups.path ?? '/') !== '/') return { problem: 'a dcom:// address has no port and no path' };
    return { address: `dcom://${host}`, scheme, hostname };
  }
  const port = groups.port === undefined ? DEFAULT_PORT[scheme] : Number(groups.port);
  if (port < 1 || port > 65_535) return { problem: 'the port of the address is not a number from 1 to 65535' };
  const path = groups.path === undefined || groups.path === '/' ? DEFAULT_PATH : groups.path;
  return { address: new URL(`${scheme}://${host}:${port}${path}`).href, scheme, hostname };
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1)) && !host.includes('%');
  const labels = host.split('.');
  if (/^(\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return isIP(host) === 4;
  return host.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}
