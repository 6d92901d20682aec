// Breaks guards and transitions of the lifecycle one by one and lists what the tests of machines/ do not notice.
//
//   node scripts/mutants.mjs                        every mutant
//   node scripts/mutants.mjs --quick                without the explorations, which take longest
//   node scripts/mutants.mjs --sample 60 --seed 2   some of them, the same ones for the same seed
//
// Exit code 1 when a mutant survives that test/mutants/equivalent.ts does not explain.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
const directory = mkdtempSync(join(tmpdir(), 'failback-mutants-'));
const env = { ...process.env, MUTANTS_TALLY: join(directory, 'tally.json'), MUTANTS_SEED: values.seed };
if (values.quick) env.MUTANTS_QUICK = '1';
if (values.sample !== undefined) env.MUTANTS_SAMPLE = values.sample;
try {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--root', root, '--config', join(root, 'test', 'mutants', 'vitest.config.ts')];
  process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
