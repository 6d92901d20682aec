/**
 * What the product costs, beside what one would build without it, in the same rounds: see docs/performance.md and bench/README.md.
 *
 *   npm run bench -- --members 1000,10000 --job 0s,2s
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { across } from './across.ts';
import type { Comparison } from './comparison.ts';
import { interleave } from './interleave.ts';
import { type BenchOptions, readOptions } from './options.ts';
import type { Place } from './place.ts';
import { printAcross, printComparison } from './print.ts';
import { runRound } from './round.ts';

/** Places whose rounds are interleaved, because they are compared with each other. */
function groupsOf({ members, jobsMs, workers, appendfsync }: BenchOptions): readonly (readonly Place[])[] {
  const group = (jobMs: number, vms: number): readonly Place[] =>
    workers.flatMap((count) => appendfsync.map((mode) => ({ members: vms, jobMs, workers: count, appendfsync: mode, killed: false })));
  return jobsMs.flatMap((jobMs) => members.map((vms) => group(jobMs, vms)));
}

function fileName({ members, jobMs, workers, appendfsync }: Place): string {
  return `${members}-${jobMs / 1000}s-${workers}-${appendfsync}`;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const { profile: directory } = options;
  if (directory !== null) mkdirSync(directory, { recursive: true });
  const comparisons: Comparison[] = [];
  for (const places of groupsOf(options)) {
    const measured = await interleave(options, places, (contender, place, round) => {
      const profile = directory && join(directory, `${contender.name}-${fileName(place)}-${round}`);
      return runRound(contender, { ...options, ...place, profile });
    });
    comparisons.push(...measured);
    if (!options.json) for (const one of measured) process.stdout.write(`${printComparison(one)}\n`);
  }
  if (!options.json) process.stdout.write(printAcross(across(comparisons)));
  else process.stdout.write(`${JSON.stringify({ type: 'bench', host: options.kind.kind, comparisons, across: across(comparisons) })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
