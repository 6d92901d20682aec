import type { RandomStream } from '../../src/simulator/world/random.ts';
import { mutateBytes } from './mutate-bytes.ts';

/** What may stand for a value, as JSON. */
const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '1e-7',
  '99999999999999999999',
  '""',
  '"0"',
  '"4096"',
  '"NaN"',
  '"constructor"',
  '"__proto__"',
  '"toString"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"keys":null}',
  '{"className":null,"properties":[]}',
  '{"keys":[["a",null],["b"],[]],"className":"c","namespace":null}',
  '"\\ud800"',
  '"\\u0000"',
  '{"__proto__":["1"]}',
  '{"constructor":["1"]}',
  '{"value":null}',
  '"0x80041002"',
  '"-2147217406"',
  '"CommandNotFoundException"',
  ...['"failback.late"', `"${'x'.repeat(100_000)}"`],
];
const DEPTHS = [1, 30, 500, 20_000];

/** Changes an answer in JSON: a value, its place, or bytes of it. */
export function mutateJson(text: string, random: RandomStream): string {
  const kind = random.next();
  if (kind < 0.4) return mutateBytes(Buffer.from(text), random).toString('utf8');
  const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?!:)|-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b|\[\]|\{\}/g)];
  const found = random.pick(values);
  if (found === undefined) return text;
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  if (kind < 0.85) return before + random.pick(VALUES) + after;
  const depth = random.pick(DEPTHS) ?? 1;
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"className":"d","properties":{"d":[', ']}}'],
  ] as const) ?? ['[', ']'];
  return before + open.repeat(depth) + found[0] + close.repeat(depth) + after;
}
