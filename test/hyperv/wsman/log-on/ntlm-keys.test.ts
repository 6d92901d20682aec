import { md4 } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import {
  directionKeys,
  encipherSessionKey,
  ntowfV2,
  ntProof,
  responseBlob,
  sessionBaseKey,
  unicode,
} from '../../../../src/hyperv/wsman/log-on/ntlm-keys.ts';
import { readChallenge } from '../../../../src/hyperv/wsman/log-on/ntlm-messages.ts';
import { NtlmDirection } from '../../../../src/hyperv/wsman/log-on/ntlm-sealing.ts';
import { NLMP } from './ms-nlmp.ts';

describe('the example of MS-NLMP, 4.2.4', () => {
  const blob = responseBlob(Buffer.alloc(8), NLMP.clientChallenge, NLMP.targetInfo);

  it('has a challenge that can be read (4.2.4.3)', () => {
    const { serverChallenge, targetInfo } = readChallenge(NLMP.challenge);
    expect(serverChallenge).toEqual(NLMP.serverChallenge);
    expect(targetInfo.map(({ id, value }) => [id, value.toString('utf16le')])).toEqual([
      [2, 'Domain'],
      [1, 'Server'],
    ]);
  });

  it('has the NTOWFv2 of the password (4.2.4.1.1)', async () => {
    expect(await ntowfV2('Password', 'User', 'Domain')).toEqual(NLMP.ntowf);
    expect(await ntowfV2('Password', 'uSER', 'Domain')).toEqual(NLMP.ntowf);
    expect(await ntowfV2('Password', 'User', 'DOMAIN')).not.toEqual(NLMP.ntowf);
  });

  it('has the response (4.2.4.1.3, 4.2.4.2.2)', () => {
    expect(blob).toEqual(NLMP.blob);
    expect(ntProof(NLMP.ntowf, NLMP.serverChallenge, blob)).toEqual(NLMP.proof);
  });

  it('has the session keys (4.2.4.1.2, 4.2.4.2.3)', () => {
    expect(sessionBaseKey(NLMP.ntowf, NLMP.proof)).toEqual(NLMP.sessionBaseKey);
    expect(encipherSessionKey(NLMP.sessionBaseKey, NLMP.sessionKey)).toEqual(NLMP.enciphered);
    expect(encipherSessionKey(NLMP.sessionBaseKey, NLMP.enciphered)).toEqual(NLMP.sessionKey);
  });

  it('has the keys of the direction to the server (4.2.4.4)', () => {
    expect(directionKeys(NLMP.sessionKey, 'client-to-server')).toEqual({ sign: NLMP.signKey, seal: NLMP.sealKey });
  });

  it('seals "Plaintext" (4.2.4.4)', () => {
    const sealed = new NtlmDirection({ sign: NLMP.signKey, seal: NLMP.sealKey }).seal(unicode('Plaintext'));
    expect(sealed).toEqual({ content: NLMP.content, signature: NLMP.signature });
  });
});

describe('hashes', () => {
  it.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ])('MD4 of "%s" is that of RFC 1320', async (text, digest) => {
    expect(await md4(text)).toBe(digest);
  });

  it('takes a user name in capitals unit by unit, as Windows does', async () => {
    expect(await ntowfV2('p', 'straße', '')).toEqual(await ntowfV2('p', 'STRAßE', ''));
    expect(await ntowfV2('p', 'straße', '')).not.toEqual(await ntowfV2('p', 'STRASSE', ''));
    expect(await ntowfV2('p', 'ünal', '')).toEqual(await ntowfV2('p', 'ÜNAL', ''));
  });
});
