import { setMaxListeners } from 'node:events';
import { VitestTestRunner } from 'vitest/runners';
import { getFn, type VitestRunner } from 'vitest/suite';
import type { TransitionTable } from '../../src/runtime/transition-table.ts';
import { takeFrom } from '../machines/support/position.ts';
import { type Mutant, mutants, recording } from './mutants.ts';
import { readTally, sampleOf, writeTally } from './tally.ts';

type Test = Parameters<NonNullable<VitestRunner['runTask']>>[0];

const shown = new Set<string>();
const ORIGINAL = recording(shown);

/**
 * Runs every test first as it is, then once for each mutant that no test before it has noticed and that is met in it. A test that fails or does not come to an
 * end notices it. Mutants are kept from file to file in the tally.
 */
class MutationRunner extends VitestTestRunner {
  readonly #tally = readTally();
  readonly #living = new Map<Mutant, TransitionTable>();

  constructor(...given: ConstructorParameters<typeof VitestTestRunner>) {
    super(...given);
    const all = mutants();
    this.#tally.of ??= sampleOf(all.map(({ name }) => name));
    const { of: chosen, killedBy } = this.#tally;
    for (const mutant of all) if (chosen.includes(mutant.name) && !(mutant.name in killedBy)) this.#living.set(mutant, mutant.table());
  }

  async runTask(test: Test): Promise<void> {
    const run = getFn(test);
    // Every run of a test listens for its end.
    setMaxListeners(0, test.context.signal);
    shown.clear();
    takeFrom(ORIGINAL);
    await run();
    const told = new Set(shown);
    for (const [mutant, table] of this.#living) {
      if (!told.has(mutant.shownBy)) continue;
      takeFrom(table);
      try {
        await run();
      } catch {
        this.#living.delete(mutant);
        this.#tally.killedBy[mutant.name] = `${test.file.name}: ${test.name}`;
      }
    }
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    writeTally(this.#tally);
  }
}

// biome-ignore lint/style/noDefaultExport: what Vitest asks of a runner
export default MutationRunner;
