import type { RandomStream } from '../../src/simulator/world/random.ts';
import { MAX_BYTES, mutateBytes } from './mutate-bytes.ts';
import type { Sample, Span } from './sample.ts';
import { ECHOES } from './secrets.ts';

/** What an element may hold. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '-1',
  '0',
  '1',
  '4096',
  '32775',
  '65536',
  '4294967295',
  '4294967296',
  '18446744073709551615',
  '99999999999999999999',
  '1e309',
  'NaN',
  '0x80041003',
  '0x80338029',
  '2150859174',
  '2147749891',
  'true',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  '\uFFFD',
  '\u0000',
  '&#0;',
  '&#xD800;',
  '&#x10FFFF;',
  '&lol9;',
  '<x/>',
  '<![CDATA[0]]>',
  '<![CDATA[<x>]]>',
  '<!--0-->0',
  '<?pi?>0',
  ']]>',
  '20261301000000.000000+000',
  'uuid:00000000-0000-4000-8000-000000000000',
  's:Sender',
  'w:AccessDenied',
  'w:QuotaLimit',
  'a:DestinationUnreachable',
  'w:InternalError',
];
const ATTRIBUTES: readonly string[] = [
  'xsi:nil="true"',
  'xsi:nil="1"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"',
  'Name="Name"',
  'Name=""',
  'Code="2150859174"',
  'Code="-1"',
  '__proto__="1"',
  'constructor="1"',
  'a="&lol;"',
  'a="<"',
  'xmlns=""',
  'xmlns="urn:other"',
  'xmlns:s="urn:other"',
  'xmlns:w="urn:other"',
];
const BOMBS: readonly string[] = [
  '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY lol9 "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
  '<!DOCTYPE s SYSTEM "http://127.0.0.1:1/s.dtd">',
  '<!DOCTYPE s [<!ENTITY lol9 SYSTEM "file:///etc/passwd">]>',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<?xml version="1.0" encoding="ISO-8859-1"?>',
  '<?xml version="1.1"?>',
  '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
];
/** Around the limit of readers, and far beyond it. */
const DEPTHS = [3, 40, 62, 64, 66, 200, 5_000];

type Mutation = (sample: Sample, span: Span, random: RandomStream, other: Sample) => string;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  remove: ({ text }, span) => text.slice(0, span.start) + text.slice(span.end),
  empty: ({ text }, span) => text.slice(0, span.inside) + text.slice(span.outside),
  repeat({ text }, span, random) {
    const element = text.slice(span.start, span.end);
    const times = Math.min(random.between(1, 200), Math.floor(MAX_BYTES / element.length));
    return text.slice(0, span.start) + element.repeat(times) + text.slice(span.start);
  },
  move(sample, span, random) {
    const { text } = sample;
    const { inside: to } = pickSpan(sample, random);
    const element = text.slice(span.start, span.end);
    if (to <= span.start) return text.slice(0, to) + element + text.slice(to, span.start) + text.slice(span.end);
    return to < span.end ? text : text.slice(0, span.start) + text.slice(span.end, to) + element + text.slice(to);
  },
  exchange: (sample, span, random, other) => replaced(sample, span, elementOf(other, random)),
  add: (sample, span, random, other) => {
    const { text } = sample;
    return text.slice(0, span.inside) + elementOf(other, random) + text.slice(span.inside);
  },
  rename({ text }, span, random) {
    const name =
      random.pick(['x', 's:Fault', 'Fault', 'Body', 'ReturnValue', 'EndOfSequence', 'x:undeclared', 'constructor', 'a'.repeat(5_000)]) ??
      'x';
    const renamed = (tag: string): string => tag.replace(/^(<\/?)[^\s/>]+/, `$1${name}`);
    const [opening, closing] = [text.slice(span.start, span.inside), text.slice(span.outside, span.end)];
    return text.slice(0, span.start) + renamed(opening) + text.slice(span.inside, span.outside) + renamed(closing) + text.slice(span.end);
  },
  attribute({ text }, span, random) {
    const opening = text.slice(span.start, span.inside);
    const attribute = random.pick(ATTRIBUTES);
    return text.slice(0, span.start) + opening.replace(/^(<[^\s/>]+)/, `$1 ${attribute}`) + text.slice(span.inside);
  },
  'attribute-value'({ text }, span, random) {
    const opening = text.slice(span.start, span.inside).replace(/"[^"]*"/, `"${random.pick(TEXTS)}"`);
    return text.slice(0, span.start) + opening + text.slice(span.inside);
  },
  text: ({ text }, span, random) => text.slice(0, span.inside) + random.pick(TEXTS) + text.slice(span.outside),
  echo: ({ text }, span, random) => text.slice(0, span.inside) + random.pick(ECHOES) + text.slice(span.outside),
  nest(sample, span, random) {
    const depth = random.pick(DEPTHS) ?? 1;
    const { text } = sample;
    return replaced(sample, span, '<d>'.repeat(depth) + text.slice(span.start, span.end) + '</d>'.repeat(depth));
  },
  bomb: ({ text }, _span, random) => random.pick(BOMBS) + text.replace(/^<\?xml[^>]*>/, ''),
  prefix({ text }, _span, random) {
    const [declaration, prefix = ''] = random.pick([...text.matchAll(/xmlns:([\w-]+)="[^"]*"/g)]) ?? [];
    if (declaration === undefined) return text;
    switch (random.between(0, 2)) {
      case 0:
        return text.replace(declaration, '');
      case 1:
        return text.replace(declaration, `xmlns:${prefix}="urn:other"`);
      default:
        return text.replace(declaration, declaration.replace(prefix, 'q')).replaceAll(`${prefix}:`, 'q:');
    }
  },
};
const NAMES = Object.keys(MUTATIONS);

/**
 * Changes the structure of a document, in two of three cases alone, else together with bytes of it or instead of it.
 * @param other another document, for what is taken over from it
 */
export function mutateXml(sample: Sample, random: RandomStream, other: Sample): Buffer {
  const kind = random.next();
  const span = pickSpan(sample, random);
  const mutated = kind < 0.2 ? sample.text : (MUTATIONS[random.pick(NAMES) ?? '']?.(sample, span, random, other) ?? sample.text);
  const bytes = Buffer.from(mutated, random.next() < 0.98 ? 'utf8' : (random.pick(['utf16le', 'latin1'] as const) ?? 'utf8')).subarray(
    0,
    MAX_BYTES,
  );
  return kind < 0.34 ? mutateBytes(bytes, random, Buffer.from(other.text)) : bytes;
}

function pickSpan({ elements, text }: Sample, random: RandomStream): Span {
  return random.pick(elements) ?? { start: 0, inside: 0, outside: text.length, end: text.length };
}

function elementOf(sample: Sample, random: RandomStream): string {
  const { start, end } = pickSpan(sample, random);
  return sample.text.slice(start, end);
}

function replaced({ text }: Sample, { start, end }: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
