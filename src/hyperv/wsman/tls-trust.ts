import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, createSecureContext, type TLSSocket } from 'node:tls';
import { FailbackError } from '../../domain/failure.ts';
import type { LogOn } from './log-on/log-on.ts';
import { resolveSecrets } from './secrets.ts';

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

/**
 * The TLS options of Node for a trust and a log-on: at least TLS 1.2, and the client's certificate where it is what logs on, by TLS 1.2 then.
 * @throws FailbackError `host.tls` when a file can not be read or a key does not fit
 */
export async function tlsOptions(host: string, trust: TlsTrust, logOn: LogOn): Promise<ConnectionOptions> {
  const ca = trust.caFiles === undefined ? undefined : await Promise.all(trust.caFiles.map((file) => readPem(host, 'authority', file)));
  return {
    minVersion: 'TLSv1.2',
    ...(logOn.scheme === 'certificate' ? await ownCertificate(host, logOn) : {}),
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

async function ownCertificate(host: string, logOn: Extract<LogOn, { scheme: 'certificate' }>): Promise<ConnectionOptions> {
  const { certificateFile, keyFile, passphrase } = logOn;
  const [cert, key, phrase] = await Promise.all([
    readPem(host, 'certificate', certificateFile),
    readPem(host, 'key', keyFile),
    passphrase === null ? undefined : resolveSecrets(host, passphrase),
  ]);
  // Unless it is told otherwise HTTP.sys asks for the certificate after the request. By TLS 1.3 that takes post-handshake authentication, which
  // Node does not offer: users of other clients without it report that Windows Server 2022 resets the connection.
  const own = { cert, key, maxVersion: 'TLSv1.2' as const, ...(phrase === undefined ? {} : { passphrase: phrase }) };
  try {
    createSecureContext(own);
  } catch (error) {
    throw unusable(host, `The certificate ${certificateFile} and the key ${keyFile} for host ${host} can not be used`, codeOf(error));
  }
  return own;
}

async function readPem(host: string, kind: 'authority' | 'certificate' | 'key', file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unusable(
      host,
      `The ${kind === 'authority' ? 'certificate authority' : kind} file ${file} of host ${host} cannot be read`,
      codeOf(error),
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function unusable(host: string, message: string, errno: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'host.tls',
    message: `${message} (${errno})`,
    remedy: 'Check the paths and their permissions; a key needs its passphrase, and must be the one of the certificate.',
    details: { host, errno, sent: false },
  });
}
