import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Where continuous integration wants the results as JSON, beside the output for people. */
const results = process.env.FAILBACK_TEST_RESULTS;

/** Logic without I/O: its files share what they import, which takes longer than their tests. */
const PURE = ['domain', 'machines', 'plan', 'report', 'simulator/world'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    teardownTimeout: 20_000,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    sequence: { sequencer: LongestFirst },
    projects: [project('pure', { include: PURE, isolate: false }), project('real', { include: ['test/**/*.test.ts'], exclude: PURE })],
  },
});

function project(name: string, files: { readonly include: string[]; readonly exclude?: string[]; readonly isolate?: boolean }) {
  return {
    test: { name, setupFiles: ['test/support/seed.ts'], pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000, ...files },
  };
}
