import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  AnswerRefused,
  readInstance,
  readOpened,
  readScriptAnswer,
  type ScriptFailure,
} from '../../../src/hyperv/powershell/script-answer.ts';
import { failureOfScript } from '../../../src/hyperv/powershell/script-failure.ts';

const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
const base64 = (url: string): string => Buffer.from(url, 'base64url').toString('base64');
const KEY = { modulus: base64(n), exponent: base64(e) };

describe('what a session says of itself', () => {
  const opened = (key: unknown) => readOpened(readScriptAnswer(JSON.stringify({ clock: 2.5, value: { process: 1, key } })));

  it('is read with the key that a password is sealed with, or without one', () => {
    expect(opened(KEY)).toEqual({ process: 1, key: KEY });
    expect(opened(null)?.key).toBeNull();
  });

  it.each(['0', '-1', '1.5', '1e999', '"1"'])('is refused when %s is to be its process', (process) => {
    expect(readOpened(readScriptAnswer(`{"clock":1,"value":{"process":${process}}}`))).toBeNull();
  });

  it.each(['null', '1e999', '"1"'])('is refused when %s is to be its clock', (clock) => {
    expect(() => readScriptAnswer(`{"clock":${clock},"value":null}`)).toThrow(AnswerRefused);
  });

  it.each([
    ['is no key', 'key'],
    ['has no exponent', { modulus: KEY.modulus }],
    ['is too short', { ...KEY, modulus: 'AQAB' }],
    ['is even', { ...KEY, modulus: Buffer.alloc(256, 0xc4).toString('base64') }],
  ])('is refused with a key that %s', (_, key) => {
    expect(opened(key)).toBeNull();
  });
});

it('an instance in instances without an end is refused', () => {
  const nested = (depth: number) => `${'{"className":"a","properties":{"b":['.repeat(depth)}null${']}}'.repeat(depth)}`;
  expect(readInstance(JSON.parse(nested(60))).className).toBe('a');
  expect(() => readInstance(JSON.parse(nested(20_000)))).toThrow(AnswerRefused);
});

describe('a failure', () => {
  const attempt = { host: 'hv', operation: 'Query X', change: false, connecting: false };
  const nothing: ScriptFailure = {
    ...{
      sent: true,
      category: '',
      native: null,
      messageId: null,
      errorId: null,
      errorCode: null,
      transportCode: null,
      hresult: null,
      message: null,
    },
  };

  it.each(['constructor', 'toString', '__proto__'])('of category %s is one that nobody knows', (category) => {
    expect(failureOfScript(attempt, { ...nothing, category })).toMatchObject({ code: 'host.fault', class: 'retryable' });
  });

  it('has a number for its native code, or none', () => {
    expect(failureOfScript(attempt, { ...nothing, native: '6' })).toMatchObject({ code: 'host.not-found', details: { native: 6 } });
    expect(failureOfScript(attempt, { ...nothing, native: 'six' })).toMatchObject({ code: 'host.fault', details: { native: null } });
  });

  it('is told in a few words, however many there are', () => {
    const { message, details } = failureOfScript(attempt, { ...nothing, category: 'x'.repeat(9_000), message: 'y'.repeat(9_000) });
    expect(message.length + JSON.stringify(details).length).toBeLessThan(1_000);
  });
});
