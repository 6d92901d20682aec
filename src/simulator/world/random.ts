/** A repeatable stream of pseudo-random numbers. The same seed and labels always give the same stream. */
export interface RandomStream {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  /** One of the items; undefined of an empty list. */
  pick<T>(items: readonly T[]): T | undefined;
  /** The items in another order; the argument is left alone. */
  shuffle<T>(items: readonly T[]): T[];
  /** A random (version 4) GUID in Hyper-V's upper case. */
  guid(): string;
}

/**
 * A stream of its own for a purpose: streams with other labels are not disturbed, however often this one is read.
 * @param seed the simulator's seed
 * @param labels what the stream is for, e.g. `'job'` and the machine's id
 */
export function randomStream(seed: number, ...labels: (string | number)[]): RandomStream {
  let state = hash(`${seed}\u0000${labels.join('\u0000')}`);
  // mulberry32, a public-domain generator with 32 bits of state.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: (items) => items[between(0, items.length - 1)],
    shuffle: (items) => {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = between(0, last);
        const held = shuffled[last] as (typeof items)[number];
        shuffled[last] = shuffled[other] as (typeof items)[number];
        shuffled[other] = held;
      }
      return shuffled;
    },
    guid: () => {
      const digits = Array.from({ length: 32 }, () => between(0, 15).toString(16));
      digits[12] = '4';
      digits[16] = between(8, 11).toString(16);
      const text = digits.join('');
      return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-').toUpperCase();
    },
  };
}

/** FNV-1a, 32 bits, over UTF-16 code units, with a final mix so that neighbouring labels diverge. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) | 0;
}
