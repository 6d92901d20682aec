import { createHash, createHmac } from 'node:crypto';
import { md4 } from 'hash-wasm';

/** NTOWFv2 of MS-NLMP 3.3.2: what a host knows of an account's password, for the name and domain the client gave. */
export async function ntowfV2(password: string, user: string, domain: string): Promise<Buffer> {
  const hash = Buffer.from(await md4(Buffer.from(password, 'utf16le')), 'hex');
  return hmacMd5(hash, Buffer.from(user.toUpperCase() + domain, 'utf16le'));
}

/** NTProofStr: what the client's blob must be preceded by. */
export function ntProof(responseKey: Buffer, serverChallenge: Buffer, blob: Buffer): Buffer {
  return hmacMd5(responseKey, serverChallenge, blob);
}

export function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

type Direction = 'client-to-server' | 'server-to-client';

/** SIGNKEY of MS-NLMP 3.4.5.2, with extended session security. */
export function signKey(sessionKey: Buffer, direction: Direction): Buffer {
  return derive(sessionKey, direction, 'signing');
}

/** SEALKEY of MS-NLMP 3.4.5.3, with extended session security and 128 bits. */
export function sealKey(sessionKey: Buffer, direction: Direction): Buffer {
  return derive(sessionKey, direction, 'sealing');
}

function derive(sessionKey: Buffer, direction: Direction, use: 'signing' | 'sealing'): Buffer {
  return createHash('md5').update(sessionKey).update(`session key to ${direction} ${use} key magic constant\0`, 'latin1').digest();
}
