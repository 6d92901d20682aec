import { loadavg } from 'node:os';
import { type Comparison, compare } from './comparison.ts';
import type { Contender } from './contender.ts';
import type { BenchOptions } from './options.ts';
import { describe, type Place } from './place.ts';
import { product } from './product-contender.ts';
import type { RoundFigures } from './round.ts';
import { yardstick } from './yardstick-contender.ts';

/** Measures all places in every round, the product and right after it the yardstick; tells on stderr how it goes, with the load of the machine. */
export async function interleave(
  { only, rounds }: BenchOptions,
  places: readonly Place[],
  run: (contender: Contender, place: Place, round: number) => Promise<RoundFigures>,
): Promise<readonly Comparison[]> {
  const contenders = [product(), yardstick()].filter(({ name }) => only === null || only === name);
  const measured = places.map((place) => ({ ...place, product: [] as RoundFigures[], yardstick: [] as RoundFigures[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const place of measured) {
      for (const contender of contenders) {
        const figures = await run(contender, place, round);
        place[contender.name].push(figures);
        process.stderr.write(
          `${describe(place)}, round ${round}, load ${loadavg()[0]?.toFixed(1)}: ${contender.name} ${shortly(figures)}\n`,
        );
      }
    }
  }
  return measured.map(compare);
}

function shortly({ wall, cpu, allDone, repeated }: RoundFigures): string {
  if (wall === undefined) return `all done after ${((allDone ?? 0) / 1000).toFixed(2)} s, ${repeated} calls repeated`;
  return `${(wall / 1000).toFixed(2)} s, ${cpu?.toFixed(3)} ms CPU a VM`;
}
