import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEmbeddedInstance, writeInstance } from '../../../src/hyperv/cim/cim-xml.ts';
import { child, parseXml, parseXmlInParts, XmlRefused } from '../../../src/hyperv/xml/xml-reader.ts';
import { element, text } from '../../../src/hyperv/xml/xml-writer.ts';

const SEED = 20_260_301;
/** Any string of whole characters, controls included. */
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const sendable = anyText.filter((value) => !/[^\P{Cc}\t\n\r\u007F-\u009F]|[\uFFFE\uFFFF]/u.test(value));

describe('a large document, read in parts', () => {
  const large = (before: number) =>
    element('a', {}, text('x'.repeat(before)), ...Array.from({ length: 9_000 }, (_, n) => element('b', { N: `${n}` }, text('😀é\n')))).xml;

  it.each([0, 1, 2, 3])('is what it is as a whole, wherever it is cut (%d)', async (before) => {
    expect(await parseXmlInParts(large(before))).toEqual(parseXml(large(before)));
  });

  it('leaves the others their turn', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      others = setImmediate(count);
    };
    let others = setImmediate(count);
    await parseXmlInParts(large(0));
    clearImmediate(others);
    expect(turns).toBeGreaterThan(3);
  });

  it('is refused where it is broken, in whichever part', async () => {
    await expect(parseXmlInParts(large(0).slice(0, -4))).rejects.toThrow(XmlRefused);
    await expect(parseXmlInParts(`${large(0)}<`)).rejects.toThrow(XmlRefused);
    await expect(parseXmlInParts('')).rejects.toThrow(XmlRefused);
  });
});

describe('writing XML', () => {
  it('comes back as it was, in text and attributes, whatever characters XML can carry', () => {
    const plain = sendable.filter((value) => !value.includes('\r'));
    fc.assert(
      fc.property(
        plain,
        plain.filter((value) => !/[\t\n]/.test(value)),
        (content, name) => {
          const root = parseXml(element('a', { Name: name }, text(content)).xml);
          expect([root.text, root.attributes?.Name]).toEqual([content, name]);
        },
      ),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('comes back as it was from an instance inside a message, line ends and tabs included', () => {
    const property = fc.record({ name: sendable, type: fc.constant('string'), value: fc.oneof(sendable, fc.array(sendable)) });
    fc.assert(
      fc.property(fc.uniqueArray(property, { selector: ({ name }) => name }), (properties) => {
        const message = parseXml(element('p', {}, text(writeInstance('Msvm_X', properties))).xml);
        const read = readEmbeddedInstance(message.text);
        const expected = properties.map(({ name, value }) => [name, [value].flat()] as const).filter(([, values]) => values.length > 0);
        expect(Array.from(read?.properties ?? [])).toEqual(expected);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it.each(['\u0000', 'a\u001Bb', '\uD800', 'x\uDC00', '\uFFFE', '\r'])('never emits what a message cannot carry (%j)', (value) => {
    expect(() => text(value)).toThrow(expect.objectContaining({ code: 'plan.invalid', details: { sent: false } }));
    expect(() => element('a', { Name: value })).toThrow(expect.objectContaining({ code: 'plan.invalid' }));
  });

  it('writes raw characters and no references but the five of XML', () => {
    expect(text('Zoë 😀 <a href="x">\u0085&#233;').xml).toBe('Zoë 😀 &lt;a href="x"&gt;\u0085&amp;#233;');
  });

  it('leaves null properties out, keeps arrays of one as arrays and writes intervals as CIM text', () => {
    const written = writeInstance('Msvm_ReplicationSettingData', [
      { name: 'AdditionalSettings', type: 'string', value: null },
      { name: 'IncludedDisks', type: 'string', value: ['a'] },
      { name: 'AutoResynchronizeIntervalStart', type: 'datetime', value: 'P0DT18H30M0S' },
    ]);
    expect(written).toBe(
      '<INSTANCE CLASSNAME="Msvm_ReplicationSettingData">' +
        '<PROPERTY.ARRAY NAME="IncludedDisks" TYPE="string"><VALUE.ARRAY><VALUE>a</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>' +
        '<PROPERTY NAME="AutoResynchronizeIntervalStart" TYPE="datetime"><VALUE>00000000183000.000000:000</VALUE></PROPERTY></INSTANCE>',
    );
  });
});

describe('reading XML', () => {
  it('does not depend on prefixes, and keeps null and empty apart', () => {
    const root = parseXml(
      '<x:a xmlns:x="urn:1"><b xmlns="urn:2"/><c xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1"/></x:a>',
    );
    expect([root.uri, root.local, child(root, 'b')?.uri]).toEqual(['urn:1', 'a', 'urn:2']);
    expect([child(root, 'b')?.nil, child(root, 'c')?.nil]).toEqual([false, true]);
  });

  it('does not take nil of another namespace for null', () => {
    expect(parseXml('<a xmlns:i="urn:other" i:nil="true">x</a>').nil).toBe(false);
  });

  it('refuses an element of a thousand attributes, and not a thousand elements with one', () => {
    const attributes = (count: number): string => Array.from({ length: count }, (_, at) => ` a${at}=""`).join('');
    expect(Object.keys(parseXml(`<a${attributes(1_000)}/>`).attributes ?? {})).toHaveLength(1_000);
    expect(() => parseXml(`<a${attributes(1_001)}`)).toThrow(XmlRefused);
    expect(parseXml(`<a>${'<b c=""/>'.repeat(1_001)}</a>`).children).toHaveLength(1_001);
  });

  it('joins text, CDATA and references', () => {
    expect(parseXml('<a>1 &lt;<![CDATA[ <2> ]]>&#51;<!-- 4 --></a>').text).toBe('1 < <2> 3');
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['nothing', ''],
    ['text only', 'hello'],
    ['two roots', '<a/><b/>'],
    ['a control character', '<a>&#1;</a>'],
    ['an XML 1.1 control character', '<?xml version="1.1"?><a>&#1;</a>'],
    ['a missing end', '<a><b></a>'],
  ])('refuses %s', (_name, source) => {
    expect(() => parseXml(source)).toThrow(XmlRefused);
  });

  it('refuses documents beyond its limits', () => {
    expect(() => parseXml('<a><b><c/></b></a>', { depth: 2 })).toThrow(/deeper/);
    expect(() => parseXml('<a><b/><b/></a>', { elements: 2 })).toThrow(/elements/);
  });

  it('does not repeat the document when it refuses it', () => {
    try {
      parseXml('<a>&secret-word;</a>');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain('secret');
    }
  });

  it('reads embedded instances with declarations, blanks and wrappers', () => {
    const instance = '<INSTANCE CLASSNAME="Msvm_Error"><PROPERTY NAME="Message" TYPE="string"><VALUE>m</VALUE></PROPERTY></INSTANCE>';
    for (const source of [
      instance,
      `<?xml version="1.0" encoding="utf-16"?>\n  ${instance}\n`,
      `<DECLGROUP><VALUE.OBJECT>${instance}</VALUE.OBJECT></DECLGROUP>`,
    ]) {
      expect(readEmbeddedInstance(source)?.properties.get('Message')).toEqual(['m']);
    }
    expect(readEmbeddedInstance('<CLASS/>')).toBeNull();
  });
});
