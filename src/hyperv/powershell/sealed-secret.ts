import { constants, createPublicKey, publicEncrypt } from 'node:crypto';

/** Of an RSA key that lives in one PowerShell process, in base64. */
export interface PublicKey {
  readonly modulus: string;
  readonly exponent: string;
}

/** OAEP with SHA-1 leaves 214 bytes of 2048 bits. */
const PART_BYTES = 200;

/**
 * A password that only the process with the key can read: whatever keeps commands there (script block logging, transcripts, debugging
 * output of libraries) keeps nothing that is worth anything.
 * @returns parts of its UTF-16, in base64
 */
export function sealSecret({ modulus, exponent }: PublicKey, secret: string): readonly string[] {
  const jwk = { kty: 'RSA', n: asUrl(modulus), e: asUrl(exponent) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const bytes = Buffer.from(secret, 'utf16le');
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    const part = bytes.subarray(from, from + PART_BYTES);
    // The padding that .NET Framework's provider of 5.1 knows.
    const sealed = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, part);
    parts.push(sealed.toString('base64'));
  }
  bytes.fill(0);
  return parts;
}

/** Whether a secret can be sealed with what came as a key. */
export function isUsableKey(key: unknown): key is PublicKey {
  const { modulus, exponent } = Object(key) as Partial<Record<keyof PublicKey, unknown>>;
  if (typeof modulus !== 'string' || typeof exponent !== 'string') return false;
  try {
    return sealSecret({ modulus, exponent }, '0'.repeat(PART_BYTES / 2)).length === 1;
  } catch {
    return false;
  }
}

function asUrl(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
