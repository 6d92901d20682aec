import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derContent, oidContent, readDer, writeDer } from '../../../../src/hyperv/wsman/log-on/der.ts';
import { SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';

const malformed = expect.objectContaining({ constructor: SecurityError, trouble: 'malformed' });

describe('DER', () => {
  it.each([0, 127, 128, 255, 256, 65_535, 65_536, 16_777_216])('comes back as it was written, with %i bytes', (length) => {
    const content = Buffer.alloc(length, 7);
    expect(derContent(writeDer(0x04, content), 0x04).equals(content)).toBe(true);
  });

  it('has its elements one after another', () => {
    const elements = [
      { tag: 0x04, content: Buffer.from('a') },
      { tag: 0xa1, content: Buffer.alloc(0) },
    ];
    expect(readDer(Buffer.concat(elements.map(({ tag, content }) => writeDer(tag, content))))).toEqual(elements);
    expect(readDer(Buffer.alloc(0))).toEqual([]);
  });

  it.each([
    ['1.2.840.113554.1.2.2', '2a864886f712010202'],
    ['1.2.840.48018.1.2.2', '2a864882f712010202'],
    ['1.3.6.1.5.5.2', '2b0601050502'],
    ['1.3.6.1.4.1.311.2.2.10', '2b06010401823702020a'],
    ['2.16.840.1.101.3.4.2.1', '608648016503040201'],
  ])('has the object identifier %s', (dotted, hex) => {
    expect(oidContent(dotted).toString('hex')).toBe(hex);
  });

  it.each([
    ['a tag alone', '04'],
    ['a length beyond the end', '0402aa'],
    ['an indefinite length', `2480${'00'.repeat(128)}`],
    ['a length of five bytes', '04850000000001aa'],
    ['half a length', '048201'],
    ['a tag of two bytes', '1f8101'],
  ])('is malformed with %s', (_, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrow(malformed);
  });

  it('is malformed where one element of a kind has to be', () => {
    for (const hex of ['', '0500', '04000400']) expect(() => derContent(Buffer.from(hex, 'hex'), 0x04)).toThrow(malformed);
  });

  it('of any bytes gives elements within them or a SecurityError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          const elements = readDer(Buffer.from(bytes));
          expect(elements.reduce((sum, { content }) => sum + content.length + 2, 0)).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toEqual(malformed);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
