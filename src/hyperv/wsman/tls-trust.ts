import { readFile } from 'node:fs/promises';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { FailbackError } from '../../domain/failure.ts';

/** Whom to believe to be the host. Without any setting: the authorities Node trusts, and the name in the address. */
export interface TlsTrust {
  /** PEM files of authorities to trust instead of Node's; read at the first connection. */
  readonly caFiles?: readonly string[];
  /**
   * SHA-256 fingerprint (hexadecimal, colons optional) of the host's own certificate. It replaces authorities and name check:
   * exactly this certificate is accepted, self-signed or expired or not, unless `caFiles` is set too, then both must agree.
   */
  readonly fingerprint?: string;
  /** Name the certificate must have, when the address is an IP address or an alias. */
  readonly serverName?: string;
}

/** The TLS options of Node for a trust: at least TLS 1.2, no session reuse (a resumed session would skip the checks). */
export async function tlsOptions(host: string, trust: TlsTrust): Promise<ConnectionOptions & { maxCachedSessions: number }> {
  const ca = trust.caFiles === undefined ? undefined : await Promise.all(trust.caFiles.map((file) => readAuthority(host, file)));
  return {
    minVersion: 'TLSv1.2',
    maxCachedSessions: 0,
    rejectUnauthorized: trust.fingerprint === undefined || ca !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(trust.serverName === undefined ? {} : { servername: trust.serverName }),
  };
}

/**
 * Normalises a fingerprint to 64 upper-case hexadecimal digits.
 * @throws FailbackError `plan.invalid` when it is something else
 */
export function parseFingerprint(host: string, fingerprint: string): string {
  const digits = fingerprint.replace(/[:\s]/g, '').toUpperCase();
  if (/^[0-9A-F]{64}$/.test(digits)) return digits;
  throw new FailbackError({
    class: 'permanent',
    code: 'plan.invalid',
    message: `The certificate fingerprint of host ${host} is not a SHA-256 fingerprint`,
    remedy: 'Write 64 hexadecimal digits, as printed by: openssl x509 -noout -fingerprint -sha256.',
    details: { host, sent: false },
  });
}

/** True when the connected peer showed exactly the pinned certificate. */
export function hasFingerprint(socket: TLSSocket, fingerprint: string): boolean {
  return socket.getPeerCertificate().fingerprint256?.replaceAll(':', '') === fingerprint;
}

async function readAuthority(host: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new FailbackError({
      class: 'operator',
      code: 'host.tls',
      message: `The certificate authority file ${file} of host ${host} cannot be read (${errno})`,
      remedy: 'Check the path and its permissions.',
      details: { host, errno, sent: false },
    });
  }
}
