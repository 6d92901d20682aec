import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** What a mutation check has found so far. */
export interface Tally {
  /** Names of the mutants that are checked; absent before the first file. */
  of?: readonly string[];
  /** The first test that noticed, by mutant. */
  readonly killedBy: Record<string, string>;
}

export function readTally(): Tally {
  const file = fileOf();
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tally) : { killedBy: {} };
}

export function writeTally(tally: Tally): void {
  writeFileSync(fileOf(), JSON.stringify(tally));
}

/** `MUTANTS_SAMPLE` of the mutants, all when absent; the same ones for the same `MUTANTS_SEED`. */
export function sampleOf(names: readonly string[]): readonly string[] {
  const size = Number(process.env.MUTANTS_SAMPLE ?? names.length);
  const random = randomFrom(Number(process.env.MUTANTS_SEED ?? 1));
  return names
    .map((name) => ({ name, place: random() }))
    .sort((one, other) => one.place - other.place)
    .slice(0, size)
    .map(({ name }) => name);
}

/** Mulberry32: numbers in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fileOf(): string {
  const file = process.env.MUTANTS_TALLY;
  if (!file) throw new Error('MUTANTS_TALLY is not set: run npm run mutants');
  return file;
}
