import fc, { property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromWireDatetime, toWireDatetime } from '../../../src/simulator/wire/cim-datetime.ts';
import { readXml, XmlError } from '../../../src/simulator/wire/xml-reader.ts';
import { escapeAttribute, escapeText } from '../../../src/simulator/wire/xml-text.ts';

/** What XML 1.0 cannot carry, not even escaped. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const anyText = string({ unit: 'binary', maxLength: 200 });
const nastyText = string({ unit: 'grapheme', maxLength: 50 });

describe('text', () => {
  it('survives writing and reading, for every string that is legal in XML', () => {
    for (const arbitrary of [anyText, nastyText]) {
      fc.assert(
        property(arbitrary, (text) => {
          const legal = text.replace(ILLEGAL, '');
          const element = readXml(`<x a="${escapeAttribute(legal)}">${escapeText(legal)}</x>`);
          expect(element.text).toBe(legal);
          expect(element.attributes.get('a')).toBe(legal);
        }),
      );
    }
  });

  it('never carries a character XML forbids: the replacement character stands for it', () => {
    fc.assert(
      property(anyText, (text) => {
        for (const escaped of [escapeText(text), escapeAttribute(text)]) expect(escaped.match(ILLEGAL)).toBeNull();
        expect(readXml(`<x>${escapeText(text)}</x>`).text).toBe(text.replace(ILLEGAL, '\uFFFD'));
      }),
    );
    expect(escapeText('a\0b\uD800c\uFFFEd\u001Fe')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe');
  });

  it.each(['"\'<&>', ']]>', '\r\n\t ', '😀 漢 é', 'C:\\x\\"y"', '&amp;&#65;', '\u007F\u0085\u2028'])('keeps %j', (text) => {
    expect(readXml(`<x>${escapeText(text)}</x>`).text).toBe(text);
  });
});

describe('documents', () => {
  it('have namespaces resolved and CDATA and text joined', () => {
    const root = readXml('<a:r xmlns:a="urn:a" xmlns="urn:d" a:k="1" k="2">x<![CDATA[<y>]]>z<c/><!-- no --></a:r>');
    expect(root).toMatchObject({ namespace: 'urn:a', localName: 'r', text: 'x<y>z' });
    expect(root.children).toMatchObject([{ namespace: 'urn:d', localName: 'c' }]);
    expect([...root.attributes]).toEqual([
      ['{urn:a}k', '1'],
      ['k', '2'],
    ]);
  });

  it.each([
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a:b/>',
    '<!DOCTYPE a><a/>',
    '<a>&x;</a>',
    '<a b="1" b="2"/>',
    '<a>\u0000</a>',
    '<a>&#0;</a>',
  ])('are refused: %j', (text) => expect(() => readXml(text)).toThrow(XmlError));

  it('of any content are read or refused, nothing else', () => {
    fc.assert(
      property(string({ unit: 'binary' }), (text) => {
        try {
          readXml(`<x>${text}</x>`);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });
});

describe('datetimes', () => {
  it.each([
    ['20260102030405.678901+000', 'Datetime', '2026-01-02T03:04:05.678901Z'],
    ['20260102030405.500000+060', 'Datetime', '2026-01-02T02:04:05.5Z'],
    ['20260101003000.000000-120', 'Datetime', '2026-01-01T02:30:00Z'],
    ['16010101000000.000000-000', 'Datetime', '1601-01-01T00:00:00Z'],
    ['00000001020304.050000:000', 'Interval', 'P1DT2H3M4.05S'],
    ['00000000000000.000000:000', 'Interval', 'P0DT0H0M0S'],
  ])('%s', (cim, element, text) => expect(toWireDatetime(cim)).toEqual({ element, text }));

  it('that are no datetime are left alone', () => {
    expect(toWireDatetime('soon')).toBeNull();
    expect(fromWireDatetime('soon')).toBeNull();
    expect(fromWireDatetime('2026-13-02T03:04:05Z')).toBeNull();
  });

  it.each([
    ['2026-01-02T03:04:05Z', '20260102030405.000000+000'],
    ['2026-01-02T03:04:05.1234567+02:00', '20260102010405.123456+000'],
    ['2026-01-02T03:04:05', '20260102030405.000000+000'],
    ['00000001020304.050000:000', '00000001020304.050000:000'],
  ])('are read from %s', (text, cim) => expect(fromWireDatetime(text)).toBe(cim));
});
