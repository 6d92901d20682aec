import Table from 'cli-table3';
import type { EnduranceOptions } from './options.ts';
import { type Check, type Course, delayOf, type Sample } from './verdict.ts';

export interface About extends EnduranceOptions {
  readonly runs: number;
  readonly journalEntries: number;
  readonly durationMs: number;
}

const MB = 1024 ** 2;
const SHOWN = 8;

/** The course as tables, for people. */
export function printCourse(course: Course, checks: readonly Check[]): string {
  const { before, during, after } = course;
  const step = Math.max(1, Math.floor(during.length / SHOWN));
  const rows = table(['s', 'in flight', 'heap', 'memory', 'Redis', 'keys', 'connections', 'timers', 'delay p50', 'p99', 'own p99', 'max']);
  for (const sample of [before, ...during.filter((_, n) => n % step === 0), after]) rows.push(cellsOf(sample));
  const verdicts = table(['', 'is', 'at most', '']);
  for (const { name, value, bound, unit, holds } of checks)
    verdicts.push([name, words(value, unit), words(bound, unit), holds ? 'holds' : 'BROKEN']);
  const { started, completed } = course.tally;
  const waited = `the worker's main thread waited for a processor ${(100 * waitedShare(course)).toFixed(1)} % of the time`;
  return `${rows.toString()}\nMB, ms; first line: before, last line: everything archived\n\n${verdicts.toString()}\n${completed} of ${started} members completed; ${waited}\n`;
}

export function progressLine({ at, inFlight, vitals, redis }: Sample): string {
  const { heap, delay } = vitals;
  return `${at.toFixed(0)} s: ${inFlight} in flight, heap ${(heap / MB).toFixed(0)} MB, ${redis.keys} keys, event loop p99 ${delay.p99.toFixed(0)} ms (own ${delay.ownP99.toFixed(0)})\n`;
}

/** One object, for scripts. */
export function summaryOf(course: Course, checks: readonly Check[], { json: _, ...about }: About): object {
  const { before, during, after, leftKeys, tally } = course;
  const half = during.slice(Math.floor(during.length / 2));
  return {
    type: 'endurance',
    ...about,
    ...tally,
    eventLoopMs: delayOf(after),
    waitedForProcessor: waitedShare(course),
    worstSampleP99Ms: Math.max(...during.map(({ vitals }) => vitals.delay.p99)),
    before: figuresOf(before),
    middle: half[0] ? figuresOf(half[0]) : null,
    last: half.at(-1) ? figuresOf(half.at(-1) as Sample) : null,
    after: figuresOf(after),
    warnings: after.vitals.warnings,
    leftKeys: leftKeys.slice(0, SHOWN),
    checks,
    holds: checks.every(({ holds }) => holds),
  };
}

function figuresOf({ inFlight, vitals, redis }: Sample): object {
  const { heap, rss, resources, listeners } = vitals;
  return {
    inFlight,
    heapMB: heap / MB,
    rssMB: rss / MB,
    redisMB: redis.memory / MB,
    keys: redis.keys,
    connections: redis.connections,
    resources,
    listeners,
  };
}

/** Of the measured time: what others on the machine took from it. */
function waitedShare({ before, after }: Course): number {
  return (after.vitals.waitedMs - before.vitals.waitedMs) / (1000 * after.at);
}

function cellsOf({ at, inFlight, vitals, redis }: Sample): string[] {
  const { heap, rss, resources, delay } = vitals;
  const memory = [heap, rss, redis.memory].map((bytes) => (bytes / MB).toFixed(1));
  const delays = [delay.p50, delay.p99, delay.ownP99, delay.max].map((ms) => ms.toFixed(0));
  return [
    at.toFixed(0),
    String(inFlight),
    ...memory,
    String(redis.keys),
    String(redis.connections),
    String(resources.Timeout ?? 0),
    ...delays,
  ];
}

function words(value: number, unit: Check['unit']): string {
  return `${Number.isInteger(value) ? value : value.toFixed(1)}${unit === '' ? '' : ` ${unit}`}`;
}

function table(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
