/**
 * How the product and the yardstick go on after SIGKILL of their worker, with default settings: see docs/performance.md.
 *
 *   npm run bench:kill -- --members 1000,10000
 */
import type { Comparison } from './comparison.ts';
import { interleave } from './interleave.ts';
import { runKillRound } from './kill-round.ts';
import { readKillOptions } from './options.ts';
import { printComparison } from './print.ts';

async function main(): Promise<void> {
  const options = readKillOptions(process.argv.slice(2));
  const comparisons: Comparison[] = [];
  for (const jobMs of options.jobsMs) {
    for (const members of options.members) {
      const places = options.appendfsync.map((appendfsync) => ({ members, jobMs, workers: 1, appendfsync, killed: true }));
      const measured = await interleave(options, places, (contender, place) => runKillRound(contender, { ...options, ...place }));
      comparisons.push(...measured);
      if (!options.json) for (const one of measured) process.stdout.write(`${printComparison(one)}\n`);
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ type: 'bench-kill', comparisons })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
