import { createHash, createHmac } from 'node:crypto';
import { md4 } from 'hash-wasm';
import { Rc4 } from './rc4.ts';

/** The keys of NTLMv2, each named as in MS-NLMP (3.3.2, 3.4.5). All are 16 bytes. */

/** What the host keeps of the password, bound to user and domain. Of these two only the user's case does not matter. */
export async function ntowfV2(password: string, user: string, domain: string): Promise<Buffer> {
  const hash = Buffer.from(await md4(unicode(password)), 'hex');
  return hmacMd5(hash, unicode(upperCase(user) + domain));
}

/** `temp`: what the response proves, beside the password. `time` is a FILETIME of 8 bytes, little-endian. */
export function responseBlob(time: Buffer, clientChallenge: Buffer, targetInfo: Buffer): Buffer {
  const version = Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([version, time, clientChallenge, Buffer.alloc(4), targetInfo, Buffer.alloc(4)]);
}

/** `NTProofStr`, which stands before the blob in the response. */
export function ntProof(ntowf: Buffer, serverChallenge: Buffer, blob: Buffer): Buffer {
  return hmacMd5(ntowf, serverChallenge, blob);
}

/** `SessionBaseKey`; with NTLMv2 it is the `KeyExchangeKey` too. */
export function sessionBaseKey(ntowf: Buffer, proof: Buffer): Buffer {
  return hmacMd5(ntowf, proof);
}

/** `EncryptedRandomSessionKey`, and the key in it again. */
export function encipherSessionKey(keyExchangeKey: Buffer, sessionKey: Buffer): Buffer {
  return new Rc4(keyExchangeKey).apply(sessionKey);
}

/** `MIC`, over the three messages of the log-on as they travelled, the third with zeros where the MIC goes. */
export function messageIntegrityCode(sessionKey: Buffer, ...messages: readonly Buffer[]): Buffer {
  return hmacMd5(sessionKey, ...messages);
}

export interface DirectionKeys {
  readonly sign: Buffer;
  readonly seal: Buffer;
}

/** `SIGNKEY` and `SEALKEY` of one direction, with extended session security and 128 bits. */
export function directionKeys(sessionKey: Buffer, direction: 'client-to-server' | 'server-to-client'): DirectionKeys {
  const derive = (purpose: string): Buffer =>
    md5(sessionKey, Buffer.from(`session key to ${direction} ${purpose} key magic constant\0`, 'latin1'));
  return { sign: derive('signing'), seal: derive('sealing') };
}

export function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('md5', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

export function md5(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function unicode(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** Windows turns every UTF-16 unit into one: `ß` stays what it is. */
function upperCase(text: string): string {
  return Array.from({ length: text.length }, (_, at) => {
    const upper = text.charAt(at).toUpperCase();
    return upper.length === 1 ? upper : text.charAt(at);
  }).join('');
}
