import { FailbackError } from '../../domain/failure.ts';

/** Where a host is asked. */
export interface Endpoint {
  /** Name the plan gives the host, for messages. */
  readonly name: string;
  /** Normalised URL, always with port and path. */
  readonly url: string;
  readonly encrypted: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
}

/**
 * Reads a host's address. The port defaults to WinRM's (5986 for https, 5985 for http), the path to `/wsman`.
 * @throws FailbackError `plan.invalid` for other schemes, credentials in the URL, queries and fragments
 */
export function parseEndpoint(name: string, address: string): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw invalid(name, 'is not an https:// or http:// URL');
  if (url.username !== '' || url.password !== '') throw invalid(name, 'must not contain a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalid(name, 'must not have a query or fragment');
  const encrypted = url.protocol === 'https:';
  const port = Number(explicitPort(address) ?? (encrypted ? 5986 : 5985));
  const path = url.pathname === '/' ? '/wsman' : url.pathname;
  return {
    name,
    url: `${url.protocol}//${url.hostname}:${port}${path}`,
    encrypted,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    path,
  };
}

/** URL drops a port that is the scheme's default, but 443 and 5986 are different doors here. */
function explicitPort(address: string): string | undefined {
  return /^[a-z]+:\/\/(?:\[[^\]]*\]|[^/:]*):(\d+)/i.exec(address)?.[1];
}

function invalid(name: string, what: string): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'plan.invalid',
    message: `The address of host ${name} ${what}`,
    remedy: 'Write it as https://host.example.net:5986.',
    details: { host: name, sent: false },
  });
}
