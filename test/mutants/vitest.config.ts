import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { MutationReporter } from './mutation-reporter.ts';

/** The quick tests first: what is left for the explorations is little. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => SLOW.findIndex((name) => moduleId.endsWith(name));
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

const SLOW = ['rungs.test.ts', 'cancel-pair.test.ts', 'host-model.test.ts', 'exploration.test.ts'];

/** These compare the machine with a drawing of it, or know nothing of its transitions; the pairs take too long for many mutants. */
const NO_JUDGES = ['diagram', 'structure', 'way-home', 'names-hosts', 'definitions', 'back-off', 'run', 'pair-model'];

/** Every mutant that is left goes through them as a whole. */
const EXPLORATIONS = ['host-model', 'exploration'];

const leftOut = process.env.MUTANTS_QUICK === undefined ? NO_JUDGES : [...NO_JUDGES, ...EXPLORATIONS];

export default defineConfig({
  test: {
    include: ['test/machines/*.test.ts'],
    exclude: leftOut.map((name) => `test/machines/${name}.test.ts`),
    runner: 'test/mutants/mutation-runner.ts',
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    isolate: false,
    fileParallelism: false,
    silent: true,
    testTimeout: 3_600_000,
    sequence: { sequencer: QuickFirst },
    reporters: [new MutationReporter()],
  },
});
