/**
 * What the product costs, beside what one would build without it, in the same rounds: see docs/performance.md and bench/README.md.
 *
 *   npm run bench -- --members 1000,10000 --job 0s,2s
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, compare } from './comparison.ts';
import type { Contender } from './contender.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { printComparison } from './print.ts';
import { product } from './product-contender.ts';
import { type RoundFigures, type RoundOptions, runRound } from './round.ts';
import { imaginaryHosts } from './world.ts';
import { yardstick } from './yardstick-contender.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

async function measure(options: BenchOptions, members: number, jobMs: number): Promise<Comparison> {
  const contenders = [product(), yardstick()].filter(({ name }) => options.only === null || options.only === name);
  const rounds: Record<Contender['name'], RoundFigures[]> = { product: [], yardstick: [] };
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of contenders) {
      const figures = await runRound(contender, roundOptions(options, members, jobMs, contender, round));
      rounds[contender.name].push(figures);
      const { wall = 0, cpu = 0 } = figures;
      say(
        `${members} VMs, ${jobMs / 1000} s, round ${round}: ${contender.name} ${(wall / 1000).toFixed(2)} s, ${cpu.toFixed(3)} ms CPU a VM`,
      );
    }
  }
  return compare({ members, jobMs, ...rounds });
}

function roundOptions(options: BenchOptions, members: number, jobMs: number, { name }: Contender, round: number): RoundOptions {
  const { kind, pollMs, workers, concurrency, appendfsync, profile } = options;
  return {
    hosts: imaginaryHosts(members, options.hosts),
    kind,
    members,
    jobMs,
    pollMs,
    workers,
    concurrency,
    appendfsync,
    profile: profile && join(profile, `${name}-${members}-${jobMs / 1000}s-${round}`),
  };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.profile !== null) mkdirSync(options.profile, { recursive: true });
  const comparisons: Comparison[] = [];
  for (const jobMs of options.jobsMs) {
    for (const members of options.members) {
      const comparison = await measure(options, members, jobMs);
      comparisons.push(comparison);
      if (!options.json) process.stdout.write(`${printComparison(comparison)}\n`);
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ type: 'bench', comparisons })}\n`);
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
