import { spawnSync } from 'node:child_process';
import { generate } from 'selfsigned';
import { lacking } from './kerberos-realm.ts';

/** PEM texts; behind a certificate may stand those of its authorities. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** Why OpenSSL's program can not be asked on this machine; null when it can. */
export const noOpenssl = lacking(['openssl']);

/** A self-signed certificate for 127.0.0.1 as OpenSSL makes it. @param algorithm options of `openssl req` that choose key and signature */
export function selfSigned(...algorithm: readonly string[]): PemPair {
  const subject = ['-subj', '/CN=hv', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const args = ['req', '-x509', '-nodes', '-config', '/dev/null', ...subject, ...algorithm, '-keyout', '-', '-out', '-'];
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  const [key, cert] = ['PRIVATE KEY', 'CERTIFICATE'].map(
    (kind) => new RegExp(`-----BEGIN ${kind}-----[^-]*-----END ${kind}-----\n`).exec(stdout)?.[0],
  );
  if (status !== 0 || key === undefined || cert === undefined) throw new Error(`openssl makes no certificate: ${stderr}`);
  return { key, cert };
}

export type AltName = { readonly type: 2; readonly value: string } | { readonly type: 7; readonly ip: string };

export interface Certified {
  readonly name: string;
  /** Null: itself. */
  readonly issuer: PemPair | null;
  /** An authority may issue others; default false. */
  readonly authority?: boolean;
  readonly altNames?: readonly AltName[];
  /** From now; negative: it has expired. Default 2. */
  readonly days?: number;
}

const DAY_MS = 86_400_000;

/** A certificate with a P-256 key, signed with SHA-256, valid since ten days ago. */
export async function certify({ name, issuer, authority = false, altNames = [], days = 2 }: Certified): Promise<PemPair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 10 * DAY_MS),
    notAfterDate: new Date(Date.now() + days * DAY_MS),
    ...(issuer === null ? {} : { ca: issuer }),
    extensions: [
      { name: 'basicConstraints', cA: authority, critical: true },
      ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName' as const, altNames: [...altNames] }]),
    ],
  });
  return { cert: `${cert.trim()}\n`, key };
}
