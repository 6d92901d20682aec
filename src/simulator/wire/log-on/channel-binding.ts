import { createHash, X509Certificate } from 'node:crypto';
import { derAt, readDer } from './der.ts';

/** What ties a log-on to the TLS connection it travels on. */
export interface ChannelBinding {
  /** `tls-server-end-point:` and the hash of the served certificate (RFC 5929). */
  readonly data: Buffer;
  /** WinRM's CbtHardeningLevel `Strict`; `Relaxed` refuses only wrong ones. */
  readonly required: boolean;
}

const PREFIX = Buffer.from('tls-server-end-point:', 'latin1');
/** By the object identifier of the signature: ECDSA with SHA-224, -384 and -512, the same with RSA; then of the hash alone, as RSASSA-PSS names it. */
const HASHES: Readonly<Record<string, string>> = {
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a864886f70d01010e': 'sha224',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
  '608648016503040204': 'sha224',
};
const RSASSA_PSS = '2a864886f70d01010a';

/** @param certificate PEM. The hash is that of its signature, SHA-256 in place of weaker and unknown ones. */
export function channelBinding(certificate: string, required: boolean): ChannelBinding {
  const { raw } = new X509Certificate(certificate);
  const [, algorithm] = readDer(readDer(raw)[0]?.content ?? raw);
  const named = (...path: readonly number[]) => derAt(algorithm?.content ?? Buffer.alloc(0), ...path, 0x06)?.content.toString('hex') ?? '';
  const signature = named();
  const hash = createHash(HASHES[signature === RSASSA_PSS ? named(0x30, 0xa0, 0x30) : signature] ?? 'sha256')
    .update(raw)
    .digest();
  return { data: Buffer.concat([PREFIX, hash]), required };
}

/** MsvAvChannelBindings of MS-NLMP: MD5 of a gss_channel_bindings_struct without addresses. */
export function ntlmBinding({ data }: ChannelBinding): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(data.length, 16);
  return createHash('md5').update(head).update(data).digest();
}
