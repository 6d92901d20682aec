import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** These tests alone, without a Redis: for Windows, which has none. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['test/hyperv/powershell/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
