import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rc4 } from '../../../../src/hyperv/wsman/log-on/rc4.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('RC4', () => {
  it.each([
    ['0102030405', 0, 'b2 39 63 05 f0 3d c0 27 cc c3 52 4a 0a 11 18 a8'],
    ['0102030405', 16, '69 82 94 4f 18 fc 82 d5 89 c4 03 a4 7a 0d 09 19'],
    ['0102030405', 4096, 'ff 25 b5 89 95 99 67 07 e5 1f bd f0 8b 34 d8 75'],
    ['0102030405060708090a0b0c0d0e0f10', 0, '9a c7 cc 9a 60 9d 1e f7 b2 93 28 99 cd e4 1b 97'],
    ['0102030405060708090a0b0c0d0e0f10', 16, '52 48 c4 95 90 14 12 6a 6e 8a 84 f1 1d 1a 9e 1c'],
    ['0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20', 0, 'ea a6 bd 25 88 0b f9 3d 3f 5d 1e 4c a2 61 1d 91'],
  ])('has the stream of RFC 6229 for key %s at %i', (key, offset, stream) => {
    const rc4 = new Rc4(bytes(key));
    rc4.apply(Buffer.alloc(offset));
    expect(rc4.apply(Buffer.alloc(16))).toEqual(bytes(stream));
  });

  it('is one stream, wherever it is cut, and a copy goes on by itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (message, cut) => {
        const [whole, parts] = [new Rc4(bytes('0102030405')), new Rc4(bytes('0102030405'))];
        const [head, tail] = [Buffer.from(message.slice(0, cut)), Buffer.from(message.slice(cut))];
        const first = parts.apply(head);
        const copy = new Rc4(parts);
        const expected = whole.apply(Buffer.from(message));
        expect(Buffer.concat([first, parts.apply(tail)])).toEqual(expected);
        expect(Buffer.concat([first, copy.apply(tail)])).toEqual(expected);
      }),
    );
  });
});
