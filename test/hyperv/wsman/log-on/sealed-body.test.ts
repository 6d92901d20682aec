import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSealed, writeSealed } from '../../../../src/hyperv/wsman/log-on/sealed-body.ts';
import { SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { recordedLogOn } from './omi-log-on.ts';

const SPNEGO = 'application/HTTP-SPNEGO-session-encrypted';
const KERBEROS = 'application/HTTP-Kerberos-session-encrypted';
const CONTENT_TYPE = `multipart/encrypted;protocol="${SPNEGO}";boundary="Encrypted Boundary"`;
const malformed = expect.objectContaining({ constructor: SecurityError, trouble: 'malformed' });

const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
/** Bytes that look like what stands around them, too. */
const content = fc.oneof(
  bytes(200),
  bytes(40).map((tail) => Buffer.concat([Buffer.from('--Encrypted Boundary--\r\n--Encrypted Boundary\r\n\tContent-Type: x\r\n'), tail])),
);
const sealed = fc.record({ signature: bytes(76, 1), content });

const SIGNATURE = Buffer.from('10000000' + '01000000aabbccddeeff001101000000', 'hex').toString('latin1');
/** A body in the spelling of others. */
function spelled(lines: readonly string[], last = '--Encrypted Boundary--\r\n', text = 'abc'): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n${SIGNATURE}${text}${last}`, 'latin1');
}

const OF_WINDOWS = [
  '--Encrypted Boundary',
  `\tContent-Type: ${SPNEGO}`,
  '\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3',
  '--Encrypted Boundary',
  '\tContent-Type: application/octet-stream',
];

describe('a sealed body', () => {
  it('is written as Windows writes it', () => {
    const [signature, text] = [Buffer.from(SIGNATURE.slice(4), 'latin1'), Buffer.from('abc')];
    expect(writeSealed({ signature, content: text }, 3, SPNEGO)).toEqual({ contentType: CONTENT_TYPE, body: spelled(OF_WINDOWS) });
  });

  it('comes back as it was, whatever bytes are in it', () => {
    fc.assert(
      fc.property(sealed, fc.constantFrom(SPNEGO, KERBEROS), (message, protocol) => {
        const { body, contentType } = writeSealed(message, message.content.length, protocol);
        expect(readSealed(body, contentType)).toEqual([
          { sealed: message, plainLength: message.content.length, originalContentType: 'application/soap+xml;charset=UTF-8', protocol },
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('may be padded beyond the length of the message', () => {
    fc.assert(
      fc.property(bytes(76, 1), bytes(300, 0), fc.nat(256), (signature, text, padding) => {
        const message = { signature, content: Buffer.concat([text, Buffer.alloc(padding, 0x2d)]) };
        const [part] = readSealed(writeSealed(message, text.length, KERBEROS).body, CONTENT_TYPE.replace('SPNEGO', 'Kerberos'));
        expect(part).toMatchObject({ sealed: message, plainLength: text.length });
      }),
    );
  });

  it('has several messages one after another, each with its length', () => {
    fc.assert(
      fc.property(fc.array(sealed, { minLength: 1, maxLength: 4 }), (messages) => {
        const bodies = messages.map((message) => writeSealed(message, message.content.length, SPNEGO).body);
        const end = '--Encrypted Boundary--\r\n';
        const body = Buffer.concat([...bodies.map((each) => each.subarray(0, -end.length)), Buffer.from(end)]);
        const parts = readSealed(body, CONTENT_TYPE.replace('multipart/encrypted', 'multipart/x-multi-encrypted'));
        expect(parts.map((part) => part.sealed)).toEqual(messages);
      }),
    );
  });

  it('is read as recorded, between other programs', () => {
    const parts = recordedLogOn()
      .filter(({ body }) => body.length > 0)
      .flatMap(({ body, contentType }) => readSealed(body, contentType));
    expect(parts.map(({ plainLength, sealed: { signature, content: text } }) => [plainLength, signature.length, text.length])).toEqual([
      [1392, 16, 1392],
      [2442, 16, 2442],
    ]);
  });

  it.each<[string, string, Buffer]>([
    ['no tabs', CONTENT_TYPE, spelled(OF_WINDOWS.map((line) => line.trim()))],
    ['no blanks', CONTENT_TYPE, spelled(OF_WINDOWS.map((line) => line.trim().replace(': ', ':')))],
    ['other cases', CONTENT_TYPE.toLowerCase(), spelled(OF_WINDOWS.map((line) => line.toUpperCase()))],
    ['no quotes', CONTENT_TYPE.replaceAll('"', ''), spelled(OF_WINDOWS)],
    ['blanks in the header', CONTENT_TYPE.replaceAll(';', ' ; ').replaceAll('=', ' = '), spelled(OF_WINDOWS)],
    [
      'a blank in the boundary',
      CONTENT_TYPE,
      spelled(
        OF_WINDOWS.map((line) => line.replace('--', '-- ')),
        '-- Encrypted Boundary--\r\n',
      ),
    ],
    ['no line end at its end', CONTENT_TYPE, spelled(OF_WINDOWS, '--Encrypted Boundary--')],
    ['line ends without return', CONTENT_TYPE, Buffer.from(spelled(OF_WINDOWS).toString('latin1').replaceAll('\r\n', '\n'), 'latin1')],
    [
      'another boundary',
      CONTENT_TYPE.replace('Encrypted Boundary', 'b'),
      spelled(
        OF_WINDOWS.map((line) => line.replace('Encrypted Boundary', 'b')),
        '--b--',
      ),
    ],
    ['a type of its own', CONTENT_TYPE, spelled(OF_WINDOWS.map((line) => line.replace('charset=UTF-8;L', 'charset=UTF-16; L')))],
  ])('is read with %s', (_, contentType, body) => {
    const [part, ...others] = readSealed(body, contentType);
    expect(part?.sealed.content.toString()).toBe('abc');
    expect(part?.originalContentType.toLowerCase()).toMatch(/^application\/soap\+xml;charset=utf-(8|16)$/);
    expect(others).toEqual([]);
  });

  const without = (index: number) => OF_WINDOWS.filter((_, at) => at !== index);
  const replaced = (from: string, to: string) => spelled(OF_WINDOWS.map((line) => line.replace(from, to)));
  it.each<[string, string, Buffer]>([
    ['nothing in it', CONTENT_TYPE, Buffer.alloc(0)],
    ['a plain envelope', CONTENT_TYPE, Buffer.from('<s:Envelope/>')],
    ['another type', 'application/soap+xml;charset=UTF-8', spelled(OF_WINDOWS)],
    ['no boundary in its type', `multipart/encrypted;protocol="${SPNEGO}"`, spelled(OF_WINDOWS)],
    ['another protocol than its type', CONTENT_TYPE.replace('SPNEGO', 'CredSSP'), spelled(OF_WINDOWS)],
    ['no first line', CONTENT_TYPE, spelled(without(0))],
    ['no protocol', CONTENT_TYPE, spelled(without(1))],
    ['no length', CONTENT_TYPE, spelled(without(2))],
    ['no second part', CONTENT_TYPE, spelled(without(3))],
    ['its end before its second part', CONTENT_TYPE, spelled(OF_WINDOWS.map((line, at) => (at === 3 ? `${line}--` : line)))],
    ['no type of its second part', CONTENT_TYPE, spelled(without(4))],
    ['a negative length', CONTENT_TYPE, replaced('Length=3', 'Length=-3')],
    ['a length beyond its end', CONTENT_TYPE, replaced('Length=3', 'Length=4')],
    ['a huge length', CONTENT_TYPE, replaced('Length=3', 'Length=9999999999')],
    ['a message far longer than its length', CONTENT_TYPE, spelled(OF_WINDOWS, '--Encrypted Boundary--\r\n', 'a'.repeat(260))],
    ['no signature', CONTENT_TYPE, Buffer.from(`${OF_WINDOWS.join('\r\n')}\r\n\0\0\0\0abc--Encrypted Boundary--\r\n`)],
    ['a huge signature', CONTENT_TYPE, Buffer.from(`${OF_WINDOWS.join('\r\n')}\r\n\0\0\0\x7fabc--Encrypted Boundary--\r\n`)],
    ['a signature of 1,025 bytes', CONTENT_TYPE, writeSealed({ signature: Buffer.alloc(1_025), content: Buffer.alloc(0) }, 0, SPNEGO).body],
    ['half a signature', CONTENT_TYPE, Buffer.from(`${OF_WINDOWS.join('\r\n')}\r\n\x10\0`)],
    ['no end', CONTENT_TYPE, spelled(OF_WINDOWS, '')],
    ['another message begun', CONTENT_TYPE, spelled(OF_WINDOWS, '--Encrypted Boundary\r\n')],
    ['something behind its end', CONTENT_TYPE, spelled(OF_WINDOWS, '--Encrypted Boundary--\r\nGET /')],
    ['an endless line', CONTENT_TYPE, replaced(': type', `: ${' '.repeat(600)}type`)],
  ])('is malformed with %s', (_, contentType, body) => {
    expect(() => readSealed(body, contentType)).toThrow(malformed);
  });

  it('of any bytes gives messages within them, or a SecurityError', () => {
    const valid = writeSealed({ signature: Buffer.alloc(16, 1), content: Buffer.alloc(64, 0x2d) }, 60, SPNEGO).body;
    const pieces = fc.constantFrom(
      '--',
      '--Encrypted Boundary\r\n',
      '--Encrypted Boundary--',
      '\r\n',
      '\n',
      ':',
      'Length=',
      '=',
      ';',
      '\0',
      '-1',
      '4294967295',
    );
    const edit = fc.record({ at: fc.nat(valid.length), remove: fc.nat(30), insert: fc.oneof(pieces, fc.string({ maxLength: 6 })) });
    const mutated = fc
      .array(edit, { maxLength: 4 })
      .map((edits) =>
        edits.reduce(
          (body, { at, remove, insert }) => Buffer.concat([body.subarray(0, at), Buffer.from(insert), body.subarray(at + remove)]),
          valid,
        ),
      );
    fc.assert(
      fc.property(mutated, (body) => {
        try {
          const parts = readSealed(body, CONTENT_TYPE);
          const size = parts.reduce((sum, part) => sum + part.sealed.signature.length + part.sealed.content.length, 0);
          expect(size).toBeLessThan(body.length);
          expect(parts.every((part) => part.plainLength <= part.sealed.content.length)).toBe(true);
        } catch (error) {
          expect(error).toEqual(malformed);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
