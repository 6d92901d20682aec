import { createHash, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { channelBinding, channelBindingHash } from '../../../../src/hyperv/wsman/log-on/channel-binding.ts';
import { oidContent, writeDer } from '../../../../src/hyperv/wsman/log-on/der.ts';
import { SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';

const sequence = (...contents: Buffer[]) => writeDer(0x30, ...contents);
const oid = (dotted: string) => writeDer(0x06, oidContent(dotted));
/** As much of a certificate as the hash of its signature needs. */
const signedBy = (...algorithm: Buffer[]) => sequence(sequence(), sequence(...algorithm), writeDer(0x03, Buffer.alloc(9)));
const pss = (...parameters: Buffer[]) => signedBy(oid('1.2.840.113549.1.1.10'), sequence(...parameters));
const malformed = expect.objectContaining({ constructor: SecurityError, trouble: 'malformed' });
const expected = (hash: string, certificate: Buffer) =>
  Buffer.concat([Buffer.from('tls-server-end-point:'), createHash(hash).update(certificate).digest()]);

describe('the channel binding of a certificate', () => {
  it.each([
    ['sha256', 'MD5', '1.2.840.113549.1.1.4'],
    ['sha256', 'SHA-1', '1.2.840.113549.1.1.5'],
    ['sha256', 'SHA-1 and ECDSA', '1.2.840.10045.4.1'],
    ['sha256', 'SHA-256', '1.2.840.113549.1.1.11'],
    ['sha384', 'SHA-384', '1.2.840.113549.1.1.12'],
    ['sha512', 'SHA-512', '1.2.840.113549.1.1.13'],
    ['sha224', 'SHA-224', '1.2.840.113549.1.1.14'],
    ['sha256', 'SHA-256 and ECDSA', '1.2.840.10045.4.3.2'],
    ['sha384', 'SHA-384 and ECDSA', '1.2.840.10045.4.3.3'],
    ['sha512', 'SHA-512 and ECDSA', '1.2.840.10045.4.3.4'],
    ['sha256', 'Ed25519', '1.3.101.112'],
  ])('is %s where it is signed with %s', (hash, _, algorithm) => {
    const certificate = signedBy(oid(algorithm), writeDer(0x05));
    expect(channelBinding(certificate)).toEqual(expected(hash, certificate));
  });

  it('is the hash that RSASSA-PSS names, SHA-1 where it names none', () => {
    const named = pss(writeDer(0xa0, sequence(oid('2.16.840.1.101.3.4.2.2'))), writeDer(0xa2, writeDer(0x02, Buffer.from([48]))));
    expect(channelBinding(named)).toEqual(expected('sha384', named));
    for (const unnamed of [pss(), pss(writeDer(0xa2, writeDer(0x02, Buffer.from([20])))), signedBy(oid('1.2.840.113549.1.1.10'))])
      expect(channelBinding(unnamed)).toEqual(expected('sha256', unnamed));
  });

  it.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('is right for a real one, signed with %s', async (algorithm) => {
    const { cert } = await generate([{ name: 'commonName', value: 'hv1' }], { algorithm, keySize: 2048 });
    const { raw } = new X509Certificate(cert);
    expect(channelBinding(raw)).toEqual(expected(algorithm === 'sha1' ? 'sha256' : algorithm, raw));
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', writeDer(0x31, sequence(), sequence(oid('1.3.101.112')))],
    ['no algorithm', sequence(sequence())],
    ['something else for its algorithm', sequence(sequence(), writeDer(0x31, oid('1.3.101.112')))],
    ['no name of its algorithm', signedBy(writeDer(0x05))],
    ['something behind it', Buffer.concat([signedBy(oid('1.3.101.112')), writeDer(0x05)])],
  ])('is malformed with %s', (_, certificate) => {
    expect(() => channelBinding(certificate)).toThrow(malformed);
  });

  it('of any bytes is a SecurityError, or one all the same', () => {
    const valid = pss(writeDer(0xa0, sequence(oid('2.16.840.1.101.3.4.2.2'))));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(valid.length), (edits, length) => {
        const bytes = Buffer.from(valid.subarray(0, length));
        for (const [at, value] of edits) if (at < length) bytes[at] = value;
        try {
          expect(channelBinding(bytes).toString('latin1')).toMatch(/^tls-server-end-point:/);
        } catch (error) {
          expect(error).toEqual(malformed);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

it('NTLM sends what other clients send for the same certificate', () => {
  // Not of MS-NLMP, which has no example: the value that the tests of the Python clients share.
  const hash = Buffer.from('e3ca49271e5089cc48ce82109f1324f41dbeddc29a777410c738f7868c4ff405', 'hex');
  const binding = Buffer.concat([Buffer.from('tls-server-end-point:'), hash]);
  expect(channelBindingHash(binding).toString('hex')).toBe('6ea19df066da4622051f9c4f92c6df74');
});
