import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Where continuous integration wants the results as JSON, beside the output for people. */
const results = process.env.FAILBACK_TEST_RESULTS;

/**
 * Files that share a process and what they import, which takes longer than many of their tests. Not those that start workers or depend on
 * what a process was told before, such as its libraries for Kerberos.
 */
const SHARED = ['domain/**', 'hyperv/wsman', 'machines/**', 'plan/**', 'report/**', 'runtime', 'simulator/world/**', 'simulator/wire'].map(
  (folder) => `test/${folder}/*.test.ts`,
);

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // More than the cores of a small machine: much of the time is spent waiting for processes and clocks.
    maxWorkers: 3,
    teardownTimeout: 20_000,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    sequence: { sequencer: LongestFirst },
    projects: [
      project('shared', { include: SHARED, isolate: false }),
      project('apart', { include: ['test/**/*.test.ts'], exclude: SHARED }),
    ],
  },
});

function project(name: string, files: { readonly include: string[]; readonly exclude?: string[]; readonly isolate?: boolean }) {
  return {
    test: { name, setupFiles: ['test/support/seed.ts'], pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000, ...files },
  };
}
