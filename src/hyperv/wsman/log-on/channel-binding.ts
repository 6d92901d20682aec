import { createHash } from 'node:crypto';
import { contextTag, derContent, OBJECT_IDENTIFIER, oidContent, readDer, SEQUENCE } from './der.ts';
import { md5 } from './ntlm-keys.ts';
import { SecurityError } from './security-context.ts';

/** Hash of each signature algorithm, and of each hash algorithm that RSASSA-PSS may name. Those of MD5 and SHA-1 are not here. */
const HASHES: ReadonlyMap<string, string> = new Map(
  [
    ['1.2.840.113549.1.1.11', 'sha256'],
    ['1.2.840.113549.1.1.12', 'sha384'],
    ['1.2.840.113549.1.1.13', 'sha512'],
    ['1.2.840.113549.1.1.14', 'sha224'],
    ['1.2.840.10045.4.3.1', 'sha224'],
    ['1.2.840.10045.4.3.2', 'sha256'],
    ['1.2.840.10045.4.3.3', 'sha384'],
    ['1.2.840.10045.4.3.4', 'sha512'],
    ['2.16.840.1.101.3.4.2.1', 'sha256'],
    ['2.16.840.1.101.3.4.2.2', 'sha384'],
    ['2.16.840.1.101.3.4.2.3', 'sha512'],
    ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ].map(([oid = '', hash = '']) => [keyOf(oidContent(oid)), hash]),
);
const RSASSA_PSS = keyOf(oidContent('1.2.840.113549.1.1.10'));

/**
 * The `tls-server-end-point` binding of RFC 5929, 4.1: that name, a colon, and the hash of the host's certificate by the hash that the certificate is
 * signed with. SHA-256 stands for MD5 and SHA-1, as the RFC says, and for signatures that name no hash (Ed25519) or one not known here, where the RFC
 * leaves it open.
 * @param certificateDer as `getPeerCertificate().raw` gives it
 * @throws SecurityError `malformed`
 */
export function channelBinding(certificateDer: Buffer): Buffer {
  const hash = createHash(hashOf(certificateDer)).update(certificateDer).digest();
  return Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), hash]);
}

/** What NTLM sends of it (MS-NLMP 2.2.2.1): MD5 of a `gss_channel_bindings_struct` that has application data only. 16 bytes. */
export function channelBindingHash(applicationData: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(applicationData.length, 16);
  return md5(head, applicationData);
}

function hashOf(certificate: Buffer): string {
  const [, algorithm] = readDer(derContent(certificate, SEQUENCE));
  if (algorithm?.tag !== SEQUENCE) throw malformed();
  const [oid, parameters] = readDer(algorithm.content);
  if (oid?.tag !== OBJECT_IDENTIFIER) throw malformed();
  const key = keyOf(oid.content);
  return HASHES.get(key === RSASSA_PSS ? pssHash(parameters?.content) : key) ?? 'sha256';
}

/** The `hashAlgorithm` of RSASSA-PSS-params stands first, as `[0]`; where it does not stand it is SHA-1. */
function pssHash(parameters: Buffer | undefined): string {
  const [first] = readDer(parameters ?? Buffer.alloc(0));
  if (first?.tag !== contextTag(0)) return '';
  const [oid] = readDer(derContent(first.content, SEQUENCE));
  return keyOf(oid?.content ?? Buffer.alloc(0));
}

function keyOf(oid: Buffer): string {
  return oid.toString('hex');
}

function malformed(): SecurityError {
  return new SecurityError('malformed', 'The certificate of the host can not be read');
}
