import { describe, expect, it } from 'vitest';
import {
  directionKeys,
  encipherSessionKey,
  messageIntegrityCode,
  ntowfV2,
  ntProof,
  sessionBaseKey,
} from '../../../../src/hyperv/wsman/log-on/ntlm-keys.ts';
import { readChallenge, withMic } from '../../../../src/hyperv/wsman/log-on/ntlm-messages.ts';
import { NtlmDirection } from '../../../../src/hyperv/wsman/log-on/ntlm-sealing.ts';
import { readSealed } from '../../../../src/hyperv/wsman/log-on/sealed-body.ts';
import { readNegTokenResp, writeMechTypes, writeNegTokenInit } from '../../../../src/hyperv/wsman/log-on/spnego-tokens.ts';
import { OMI_PASSWORD, recordedLogOn, recordedPlainText } from './omi-log-on.ts';

const NTLM = '1.3.6.1.4.1.311.2.2.10';
const [init, first, second, last, request, response] = recordedLogOn();

/** NTLM messages by their place in the log-on; the first has nothing behind it in its token. */
const negotiate = (init?.token ?? Buffer.alloc(0)).subarray(-40);
const challenge = answer(first?.token).responseToken ?? Buffer.alloc(0);
const authenticate = answer(second?.token).responseToken ?? Buffer.alloc(0);

function answer(token: Buffer | null | undefined) {
  return readNegTokenResp(token ?? Buffer.alloc(0));
}

function payload(at: number): Buffer {
  const start = authenticate.readUInt32LE(at + 4);
  return authenticate.subarray(start, start + authenticate.readUInt16LE(at));
}

async function sessionKey(password: string): Promise<{ proof: Buffer; key: Buffer }> {
  const ntResponse = payload(20);
  const [domain, user] = [payload(28).toString('utf16le'), payload(36).toString('utf16le')];
  const ntowf = await ntowfV2(password, user, domain);
  const proof = ntProof(ntowf, readChallenge(challenge).serverChallenge, ntResponse.subarray(16));
  return { proof, key: encipherSessionKey(sessionBaseKey(ntowf, proof), payload(52)) };
}

async function directions(): Promise<{ client: NtlmDirection; host: NtlmDirection }> {
  const { key } = await sessionKey(OMI_PASSWORD);
  return {
    client: new NtlmDirection(directionKeys(key, 'client-to-server')),
    host: new NtlmDirection(directionKeys(key, 'server-to-client')),
  };
}

describe('a log-on between programs of others, with its password', () => {
  it('is begun as we would begin it', () => {
    expect(writeNegTokenInit(writeMechTypes([NTLM]), negotiate)).toEqual(init?.token);
  });

  it('proves the password, and no other', async () => {
    const proven = payload(20).subarray(0, 16);
    expect((await sessionKey(OMI_PASSWORD)).proof).toEqual(proven);
    expect((await sessionKey('passw0rd!')).proof).not.toEqual(proven);
  });

  it('has the MIC over its three messages', async () => {
    const { key } = await sessionKey(OMI_PASSWORD);
    const mic = messageIntegrityCode(key, negotiate, challenge, withMic(authenticate, Buffer.alloc(16)));
    expect(authenticate.subarray(72, 88)).toEqual(mic);
  });

  it('has the list of mechanisms signed by both sides', async () => {
    const { client, host } = await directions();
    const list = writeMechTypes([NTLM]);
    expect(client.sign(list)).toEqual(answer(second?.token).mechListMic);
    host.verify(list, answer(last?.token).mechListMic ?? Buffer.alloc(0));
    expect(answer(last?.token).state).toBe('accept-completed');
  });

  it('goes on with messages that we read, and seal to the very same bytes', async () => {
    const { client, host } = await directions();
    const { client: again } = await directions();
    const list = writeMechTypes([NTLM]);
    for (const direction of [client, again, host]) direction.sign(list);
    const [clientText, hostText] = recordedPlainText();
    const [sent] = readSealed(request?.body ?? Buffer.alloc(0), request?.contentType ?? '');
    const [received] = readSealed(response?.body ?? Buffer.alloc(0), response?.contentType ?? '');
    if (sent === undefined || received === undefined) throw new Error('nothing was recorded');
    expect(client.unseal(sent.sealed).equals(clientText)).toBe(true);
    expect(host.unseal(received.sealed).equals(hostText)).toBe(true);
    expect(again.seal(clientText)).toEqual(sent.sealed);
    expect([sent.plainLength, received.plainLength]).toEqual([clientText.length, hostText.length]);
  });
});
