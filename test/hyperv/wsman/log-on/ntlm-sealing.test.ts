import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directionKeys } from '../../../../src/hyperv/wsman/log-on/ntlm-keys.ts';
import { NtlmDirection } from '../../../../src/hyperv/wsman/log-on/ntlm-sealing.ts';
import type { SealedMessage } from '../../../../src/hyperv/wsman/log-on/security-context.ts';

const message = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const messages = fc.array(message, { minLength: 1, maxLength: 6 });
const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const tampered = expect.objectContaining({ name: 'SecurityError', trouble: 'tampered' });

/** Both ends of one direction. */
function direction(sessionKey: Buffer): [sender: NtlmDirection, receiver: NtlmDirection] {
  const keys = directionKeys(sessionKey, 'client-to-server');
  return [new NtlmDirection(keys), new NtlmDirection(keys)];
}

describe('what NTLM seals', () => {
  it('comes back in the order in which it was sent, whether or not something was signed before', () => {
    fc.assert(
      fc.property(key, messages, fc.boolean(), (sessionKey, texts, signed) => {
        const [sender, receiver] = direction(sessionKey);
        if (signed) receiver.verify(Buffer.from('list'), sender.sign(Buffer.from('list')));
        const sealed = texts.map((text) => sender.seal(text));
        expect(sealed.map((each) => receiver.unseal(each))).toEqual(texts);
      }),
    );
  });

  it('is as long as before, and never the same twice', () => {
    const [sender] = direction(Buffer.alloc(16, 1));
    const [one, two] = [sender.seal(Buffer.alloc(32)), sender.seal(Buffer.alloc(32))];
    expect([one.content.length, one.signature.length]).toEqual([32, 16]);
    expect(one.content).not.toEqual(two.content);
  });

  it('is tampered with any bit of it turned over', () => {
    fc.assert(
      fc.property(key, message, fc.nat(), (sessionKey, text, at) => {
        const [sender, receiver] = direction(sessionKey);
        expect(() => receiver.unseal(flip(sender.seal(text), at))).toThrow(tampered);
      }),
      { numRuns: 500 },
    );
  });

  it('is tampered when it is out of order, comes twice or is missing', () => {
    fc.assert(
      fc.property(key, fc.array(message, { minLength: 2, maxLength: 5 }), fc.nat(), (sessionKey, texts, choice) => {
        const [sender, receiver] = direction(sessionKey);
        const sealed = texts.map((text) => sender.seal(text));
        const skipped = 1 + (choice % (sealed.length - 1));
        expect(() => receiver.unseal(sealed[skipped] as SealedMessage)).toThrow(tampered);
        const [again, once] = direction(sessionKey);
        const first = again.seal(Buffer.from('a'));
        once.unseal(first);
        expect(() => once.unseal(first)).toThrow(tampered);
      }),
    );
  });

  it('is tampered when it comes from the other side', () => {
    const [sender] = direction(Buffer.alloc(16, 1));
    const receiver = new NtlmDirection(directionKeys(Buffer.alloc(16, 1), 'server-to-client'));
    expect(() => receiver.unseal(sender.seal(Buffer.from('a')))).toThrow(tampered);
  });

  it.each([0, 15, 17])('is tampered with a signature of %i bytes', (length) => {
    const [sender, receiver] = direction(Buffer.alloc(16, 1));
    const { content, signature } = sender.seal(Buffer.from('a'));
    expect(() => receiver.unseal({ content, signature: Buffer.concat([signature, signature]).subarray(0, length) })).toThrow(tampered);
  });
});

describe('what NTLM signs', () => {
  it('is tampered with another message, or a second time', () => {
    const [sender, receiver] = direction(Buffer.alloc(16, 1));
    const signature = sender.sign(Buffer.from('list'));
    expect(() => direction(Buffer.alloc(16, 1))[1].verify(Buffer.from('lisp'), signature)).toThrow(tampered);
    receiver.verify(Buffer.from('list'), signature);
    expect(() => receiver.verify(Buffer.from('list'), signature)).toThrow(tampered);
  });
});

function flip({ signature, content }: SealedMessage, at: number): SealedMessage {
  const bytes = Buffer.concat([signature, content]);
  const bit = at % (bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return { signature: bytes.subarray(0, signature.length), content: bytes.subarray(signature.length) };
}
