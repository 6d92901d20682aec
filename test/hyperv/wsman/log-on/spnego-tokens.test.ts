import { describe, expect, it } from 'vitest';
import { contextTag, writeDer } from '../../../../src/hyperv/wsman/log-on/der.ts';
import { SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { readNegTokenResp, writeNegTokenResp } from '../../../../src/hyperv/wsman/log-on/spnego-tokens.ts';

const malformed = expect.objectContaining({ constructor: SecurityError, trouble: 'malformed' });
const NOTHING = { state: null, supportedMech: null, responseToken: null, mechListMic: null };
const state = (...content: number[]) => writeDer(contextTag(0), writeDer(0x0a, Buffer.from(content)));
const responseToken = writeDer(contextTag(2), writeDer(0x04, Buffer.from('a')));
const token = (...fields: Buffer[]) => writeDer(contextTag(1), writeDer(0x30, ...fields));

describe('an answer of SPNEGO', () => {
  it.each([
    NOTHING,
    { ...NOTHING, state: 'accept-completed' as const },
    { ...NOTHING, responseToken: Buffer.alloc(300, 1) },
    { state: 'request-mic' as const, supportedMech: Buffer.from([42]), responseToken: Buffer.from('a'), mechListMic: Buffer.from('b') },
  ])('comes back as it was written', (answer) => {
    expect(readNegTokenResp(writeNegTokenResp(answer))).toEqual(answer);
  });

  it('has no token when the token is empty', () => {
    expect(readNegTokenResp(token(writeDer(contextTag(2), writeDer(0x04))))).toEqual(NOTHING);
  });

  it.each([
    ['fields out of order', token(responseToken, state(0))],
    ['a field twice', token(state(0), state(0))],
    ['a field that nobody knows', token(writeDer(contextTag(4)))],
    ['a state that nobody knows', token(state(4))],
    ['a state of two bytes', token(state(0, 0))],
    ['no state in its state', token(state())],
    ['another type of token', token(writeDer(contextTag(2), writeDer(0x0c, Buffer.from('a'))))],
    ['more than one answer', Buffer.concat([token(), token()])],
    ['an offer', writeDer(contextTag(0), writeDer(0x30))],
    ['more than 128 KiB', writeNegTokenResp({ ...NOTHING, responseToken: Buffer.alloc(131_073) })],
  ])('is malformed with %s', (_, bytes) => {
    expect(() => readNegTokenResp(bytes)).toThrow(malformed);
  });
});
