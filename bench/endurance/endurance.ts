/**
 * Four hours of host time with 2,000 VMs in flight, host time running faster: memory, event loop, Redis and what is left behind are measured and
 * judged. See docs/performance.md and bench/README.md.
 *
 *   npm run endurance -- --vms 2000 --hours 4 --speed 30
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type EnduranceOptions, readOptions } from './options.ts';
import { printCourse, progressLine, summaryOf } from './print.ts';
import { Stage } from './stage.ts';
import { type Course, judge, type Sample } from './verdict.ts';

/** Runs that are open at a time, about. */
const RUNS = 20;
const SMALLEST_RUN = 5;
const SAMPLES = 60;
const LOOK_MS = 100;
/** A run and its end, before anything is measured: what a worker needs anyway is there afterwards. */
const FIRST_RUN = 20;

async function runCourse(stage: Stage, { vms, hours, speed, profile }: EnduranceOptions): Promise<Course> {
  const { load } = stage;
  let started = Math.min(FIRST_RUN, vms);
  await load.start(started);
  await untilArchived(stage);
  const before = await stage.calm((now, last) => last !== undefined && now.redis.keys === last.redis.keys && sameVitals(now, last));

  const keysBefore = await stage.keys();
  const wallMs = (hours * 3_600_000) / speed;
  const size = Math.max(SMALLEST_RUN, Math.ceil(vms / RUNS));
  const during: Sample[] = [];
  stage.measure(profile !== null);
  const began = performance.now();
  while (performance.now() - began < wallMs) {
    while (load.inFlight + size <= vms && load.away >= size) {
      await load.start(size);
      started += size;
    }
    if (performance.now() - began >= (during.length * wallMs) / SAMPLES) {
      const sample = await stage.sample();
      during.push(sample);
      process.stderr.write(progressLine(sample));
    }
    await sleep(LOOK_MS);
    await load.look();
  }
  if (profile !== null) await stage.writeProfile(profile);
  await untilArchived(stage);
  const after = await stage.calm((now) => now.redis.keys <= before.redis.keys && isBack(now, before));
  const leftKeys = [...(await stage.keys())].filter((key) => !keysBefore.has(key));
  const { completed, notHome } = load;
  const tally = { started, completed, notHome: notHome.length, notOnce: stage.notOnce(), errors: stage.errors };
  return { vms, before, during, after, leftKeys, tally };
}

async function untilArchived({ load }: Stage): Promise<void> {
  while (load.openRuns > 0) {
    await sleep(LOOK_MS);
    await load.look();
  }
}

function sameVitals(a: Sample, b: Sample): boolean {
  return a.redis.connections === b.redis.connections && JSON.stringify(a.vitals.resources) === JSON.stringify(b.vitals.resources);
}

function isBack({ redis, vitals }: Sample, before: Sample): boolean {
  const kinds = Object.entries(vitals.resources);
  return redis.connections <= before.redis.connections && kinds.every(([kind, count]) => count <= (before.vitals.resources[kind] ?? 0));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const began = performance.now();
  const stage = await Stage.set(options);
  try {
    const course = await runCourse(stage, options);
    const checks = judge(course);
    const { archived, entries } = stage.load;
    if (!options.json) process.stdout.write(printCourse(course, checks));
    const about = { ...options, runs: archived, journalEntries: entries, durationMs: Math.round(performance.now() - began) };
    if (options.json) process.stdout.write(`${JSON.stringify(summaryOf(course, checks, about))}\n`);
    if (!checks.every(({ holds }) => holds)) process.exitCode = 1;
  } finally {
    await stage.clear();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
