import { describe, expect, it } from 'vitest';
import { NtlmChannel } from '../../../src/simulator/wire/log-on/ntlm-channel.ts';
import { hmacMd5, ntowfV2, ntProof, sealKey, signKey } from '../../../src/simulator/wire/log-on/ntlm-keys.ts';
import {
  messageType,
  readAuthenticate,
  splitMic,
  writeAttributes,
  writeChallenge,
} from '../../../src/simulator/wire/log-on/ntlm-messages.ts';
import { Rc4 } from '../../../src/simulator/wire/log-on/rc4.ts';
import { readSealedBody, withoutPadding, writeSealedBody } from '../../../src/simulator/wire/log-on/sealed-body.ts';
import { NegState, readInit, readResponse, writeResponse } from '../../../src/simulator/wire/log-on/spnego-tokens.ts';
import { OMI_PASSWORD, type RecordedMessage, recordedLogOn, recordedPlainText } from '../../hyperv/wsman/log-on/omi-log-on.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('RC4', () => {
  // RFC 6229: key 0x0102030405, offsets 0 and 240.
  it('makes the stream of RFC 6229, in whatever pieces', () => {
    const whole = new Rc4(hex('0102030405')).transform(Buffer.alloc(272));
    expect(whole.subarray(0, 16)).toEqual(hex('b2396305f03dc027ccc3524a0a1118a8'));
    expect(whole.subarray(240, 256)).toEqual(hex('28cb1132c96ce286421dcaadb8b69eae'));
    const pieces = new Rc4(hex('0102030405'));
    expect(Buffer.concat([1, 15, 0, 256].map((length) => pieces.transform(Buffer.alloc(length))))).toEqual(whole);
  });
});

describe('the vectors of MS-NLMP 4.2.4', () => {
  const blob = Buffer.concat([
    hex('0101 000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000'),
    writeAttributes([
      [2, Buffer.from('Domain', 'utf16le')],
      [1, Buffer.from('Server', 'utf16le')],
    ]),
    Buffer.alloc(4),
  ]);
  const sessionKey = Buffer.alloc(16, 0x55);

  it('give the response key, the proof and the session key', async () => {
    const responseKey = await ntowfV2('Password', 'User', 'Domain');
    expect(responseKey).toEqual(hex('0c868a403bfd7a93a3001ef22ef02e3f'));
    const proof = ntProof(responseKey, hex('0123456789abcdef'), blob);
    expect(proof).toEqual(hex('68cd0ab851e51c96aabc927bebef6a1c'));
    const sessionBaseKey = hmacMd5(responseKey, proof);
    expect(sessionBaseKey).toEqual(hex('8de40ccadbc14a82f15cb0ad0de95ca3'));
    expect(new Rc4(sessionBaseKey).transform(hex('c5dad2544fc9799094ce1ce90bc9d03e'))).toEqual(sessionKey);
  });

  it('give the keys to sign and to seal with, and open the client’s first message', () => {
    expect(signKey(sessionKey, 'client-to-server')).toEqual(hex('4788dc861b4782f35d43fd98fe1a2d39'));
    expect(sealKey(sessionKey, 'client-to-server')).toEqual(hex('59f600973cc4960a25480a7c196e4c58'));
    const sealed = { content: hex('54e50165bf1936dc996020c1811b0f06fb5f'), signature: hex('01000000 7fb38ec5c55d4976 00000000') };
    expect(new NtlmChannel(sessionKey).unseal(sealed).toString('utf16le')).toBe('Plaintext');
  });
});

describe('a log-on that OMI’s client and server recorded', () => {
  const [init, first, second, last, request, response] = recordedLogOn() as RecordedMessage[];
  const [plainRequest, plainResponse] = recordedPlainText();
  const token = (message: RecordedMessage | undefined): Buffer => message?.token ?? Buffer.alloc(0);
  const { mechanismList, mechToken } = readInit(token(init));
  const challenge = readResponse(token(first)).responseToken ?? Buffer.alloc(0);
  const { responseToken: authenticate, mic: mechListMic } = readResponse(token(second));

  async function channel(password = OMI_PASSWORD) {
    const message = readAuthenticate(authenticate ?? Buffer.alloc(0));
    const responseKey = await ntowfV2(password, message.user, message.domain);
    const proof = ntProof(responseKey, challenge.subarray(24, 32), message.ntResponse.subarray(16));
    const sessionKey = new Rc4(hmacMd5(responseKey, proof)).transform(message.encryptedSessionKey);
    return { message, proof, sessionKey, channel: new NtlmChannel(sessionKey) };
  }

  it('is of a user whose password the response proves, and its MIC is right', async () => {
    const { message, proof, sessionKey } = await channel();
    expect([message.user, message.domain]).toEqual(['hvadmin', 'vm']);
    expect(proof).toEqual(message.ntResponse.subarray(0, 16));
    expect((await channel('Passw0rd?')).proof).not.toEqual(proof);
    const { mic, without } = splitMic(authenticate ?? Buffer.alloc(0));
    expect(hmacMd5(sessionKey, mechToken ?? Buffer.alloc(0), challenge, without)).toEqual(mic);
  });

  it('is answered to the very byte: the tokens, the signature over the mechanisms and the sealed document', async () => {
    const server = (await channel()).channel;
    const ntlm = readInit(token(init)).mechanisms[0] ?? '';
    const incomplete = { state: NegState.Incomplete, mechanism: ntlm, responseToken: challenge, mic: null };
    expect(writeResponse(incomplete)).toEqual(token(first));
    server.verifyMic(mechanismList, mechListMic ?? Buffer.alloc(0));
    const completed = { state: NegState.Completed, mechanism: null, responseToken: null, mic: server.makeMic(mechanismList) };
    expect(writeResponse(completed)).toEqual(token(last));
    const sealed = readSealedBody(request?.body ?? Buffer.alloc(0), request?.contentType ?? '');
    expect(sealed.length).toBe(plainRequest.length);
    expect(server.unseal(sealed.message)).toEqual(plainRequest);
    const answer = readSealedBody(response?.body ?? Buffer.alloc(0), response?.contentType ?? '');
    expect(server.seal(plainResponse)).toEqual(answer.message);
  });

  it('cannot be opened after a bit of it was turned, or a second time', async () => {
    const { message } = readSealedBody(request?.body ?? Buffer.alloc(0), request?.contentType ?? '');
    for (const part of ['content', 'signature'] as const) {
      const server = (await channel()).channel;
      server.verifyMic(mechanismList, mechListMic ?? Buffer.alloc(0));
      const turned = Buffer.from(message[part]);
      turned[7] = (turned[7] ?? 0) ^ 1;
      expect(() => server.unseal({ ...message, [part]: turned })).toThrow('wrong signature');
    }
    const server = (await channel()).channel;
    server.verifyMic(mechanismList, mechListMic ?? Buffer.alloc(0));
    server.unseal(message);
    expect(() => server.unseal(message)).toThrow('wrong signature');
  });
});

describe('a sealed body', () => {
  const message = { signature: Buffer.alloc(16, 1), content: Buffer.from('\r\n--Encrypted Boundary\r\n\0', 'latin1') };
  const written = writeSealedBody({
    protocol: 'application/HTTP-SPNEGO-session-encrypted',
    contentType: 'application/soap+xml;charset=UTF-8',
    message,
    length: message.content.length,
    indent: '\t',
  });

  it('is read as it was written, whatever the content', () => {
    expect(readSealedBody(written.body, written.contentType)).toMatchObject({
      contentType: 'application/soap+xml;charset=UTF-8',
      message,
      length: message.content.length,
      indent: '\t',
    });
  });

  it('of OMI’s client has no tabs, and neither has its answer', () => {
    const [, , , , request, response] = recordedLogOn();
    const sealed = readSealedBody(request?.body ?? Buffer.alloc(0), request?.contentType ?? '');
    const answer = readSealedBody(response?.body ?? Buffer.alloc(0), response?.contentType ?? '');
    const { body } = writeSealedBody({ ...answer, indent: sealed.indent });
    expect(response?.body.subarray(0, body.length)).toEqual(body);
  });

  it.each([
    ['UTF-8', 'utf8'],
    ['UTF-16', 'utf16le'],
  ] as const)('may hold a document in %s with zeros behind it, which are not part of it', (charset, encoding) => {
    const document = Buffer.from('<a>\u0400</a>', encoding);
    const filled = Buffer.concat([document, Buffer.alloc(16 - (document.length % 16))]);
    const contentType = `application/soap+xml;charset=${charset}`;
    expect(withoutPadding(filled, contentType)).toEqual(document);
    expect(withoutPadding(document, contentType)).toEqual(document);
  });

  it.each<[what: string, status: number, body: Buffer, contentType: string]>([
    ['CredSSP', 415, written.body, written.contentType.replace('SPNEGO', 'CredSSP')],
    ['no protocol', 415, written.body, 'multipart/encrypted'],
    ['another boundary', 400, written.body, written.contentType.replace('Encrypted Boundary', 'Other')],
    ['nothing', 400, Buffer.alloc(0), written.contentType],
    ['no end', 400, written.body.subarray(0, -12), written.contentType],
    ['more after the end', 400, Buffer.concat([written.body, Buffer.from('x')]), written.contentType],
    ['no length', 400, Buffer.from(written.body.toString('latin1').replace('Length=', 'Long='), 'latin1'), written.contentType],
    [
      'a signature longer than all',
      400,
      Buffer.from(written.body.toString('latin1').replace('\x10\0\0\0', '\x10\x02\0\0'), 'latin1'),
      written.contentType,
    ],
    [
      'a signature of four gigabytes',
      400,
      Buffer.from(written.body.toString('latin1').replace('\x10\0\0\0', '\x10\0\0\xff'), 'latin1'),
      written.contentType,
    ],
  ])('is refused with %s', (_what, status, body, contentType) => {
    expect(() => readSealedBody(body, contentType)).toThrow(`HTTP ${status}`);
  });
});

describe('messages that are not what they have to be', () => {
  const challenge = writeChallenge({ flags: 1, serverChallenge: Buffer.alloc(8), targetName: 'X', targetInfo: Buffer.alloc(4) });

  it('are refused wherever they are cut', () => {
    const [, first, second] = recordedLogOn();
    const authenticate = readResponse(second?.token ?? Buffer.alloc(0)).responseToken ?? Buffer.alloc(0);
    for (let length = 0; length < 244; length++) expect(() => readAuthenticate(authenticate.subarray(0, length))).toThrow();
    for (const token of [first?.token, second?.token]) {
      for (let length = 0; length < (token?.length ?? 0); length++)
        expect(() => readResponse(token?.subarray(0, length) ?? challenge)).toThrow();
    }
  });

  it('have a type', () => {
    expect(messageType(challenge)).toBe(2);
    expect(() => messageType(Buffer.from('NTLM'))).toThrow('not an NTLM message');
  });
});
