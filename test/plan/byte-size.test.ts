import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BYTE_SIZE_PATTERN, formatByteSize, parseByteSize } from '../../src/plan/byte-size.ts';

it.each([
  ['0', 0],
  ['1B', 1],
  ['64MiB', 67_108_864],
  ['1024KiB', 1_048_576],
  ['2TiB', 2 * 1024 ** 4],
])('%s is %i bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

it.each(['', '64', '64MB', '64 MiB', '-1B', '1.5GiB', '64mib', '999999999999TiB'])('%j is none', (text) => {
  expect(parseByteSize(text)).toBeNull();
});

it('reads back what it wrote, and the pattern for editors takes it', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e11 }), (bytes) => {
      expect(parseByteSize(formatByteSize(bytes))).toBe(bytes);
      expect(formatByteSize(bytes)).toMatch(new RegExp(BYTE_SIZE_PATTERN));
    }),
  );
});
