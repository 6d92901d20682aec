import { median, sum } from '../statistics.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { Vitals } from './vitals.ts';

/** What was measured at one moment. */
export interface Sample {
  /** Seconds since the measurement began. */
  readonly at: number;
  readonly inFlight: number;
  readonly vitals: Vitals;
  readonly redis: RedisState;
}

export interface RedisState {
  /** Bytes. */
  readonly memory: number;
  readonly keys: number;
  readonly connections: number;
}

/** What everybody says about the VMs. */
export interface Tally {
  /** Members of all runs. */
  readonly started: number;
  /** Of them completed, as the runs say. */
  readonly completed: number;
  /** VMs that were not home when their run had ended, as the hosts say. */
  readonly notHome: number;
  /** VMs the hosts were not asked exactly as often as they were in a run, by the ledger. */
  readonly notOnce: number;
  /** Errors the worker has logged. */
  readonly errors: number;
}

export interface Course {
  /** VMs that were to be in flight. */
  readonly vms: number;
  /** After one run had come and gone, before the others. */
  readonly before: Sample;
  readonly during: readonly Sample[];
  /** When every run was archived. */
  readonly after: Sample;
  /** Keys in Redis then that were not there before. */
  readonly leftKeys: readonly string[];
  readonly tally: Tally;
}

/** One thing that must hold: the value is at most the bound. */
export interface Check {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly unit: 'MB' | 'KB' | 'ms' | '';
  readonly holds: boolean;
}

const MB = 1024 ** 2;
const KB = 1024;
const DELAY_BOUND_MS = 50;
const FLOOR_OF = 5;

/**
 * Judges a course. A thing is flat when the straight line fitted (least squares) to the second half of its samples rises, from the first of them to
 * the last, by no more than a share of their mean, or by no more than noise where that is little. Resident memory also holds what the collector has
 * not given back yet, more or less from sample to sample: of it, the line goes through the lowest of each {@link FLOOR_OF} samples, which a leak
 * raises like any other. What a run leaves behind shows up beside that in what is there before and after.
 */
export function judge({ vms, before, during, after, tally }: Course): readonly Check[] {
  const half = during.slice(Math.floor(during.length / 2));
  const flat = (name: string, points: readonly Point[], share: number, noise: number): Check => {
    const mean = sum(points.map(({ y }) => y)) / Math.max(1, points.length);
    return check(`growth of ${name}`, rise(points) / MB, Math.max(share * mean, noise) / MB, 'MB');
  };
  const points = (of: (sample: Sample) => number): readonly Point[] => half.map((sample) => ({ x: sample.at, y: of(sample) }));
  const left = (name: string, of: (sample: Sample) => number, allowed: number, unit: Check['unit'] = '', per = 1): Check =>
    check(`${name} left behind`, (of(after) - of(before)) / per, allowed / per, unit);
  const kinds = Object.keys(after.vitals.resources);
  return [
    flat(
      'worker heap',
      points(({ vitals }) => vitals.heap),
      0.05,
      4 * MB,
    ),
    flat('worker memory', floorOf(points(({ vitals }) => vitals.rss)), 0.1, 16 * MB),
    flat(
      'Redis memory',
      points(({ redis }) => redis.memory),
      0.05,
      2 * MB,
    ),
    check('event-loop delay p99', delayOf(after).p99, DELAY_BOUND_MS, 'ms'),
    left('worker heap', ({ vitals }) => vitals.heap, 8 * MB, 'MB', MB),
    left('worker memory', ({ vitals }) => vitals.rss, 32 * MB, 'MB', MB),
    left('Redis memory', ({ redis }) => redis.memory, 256 * KB, 'KB', KB),
    left('Redis keys', ({ redis }) => redis.keys, 0),
    left('Redis connections', ({ redis }) => redis.connections, 0),
    left('listeners', ({ vitals }) => vitals.listeners, 0),
    ...kinds.map((kind) => left(kind, ({ vitals }) => vitals.resources[kind] ?? 0, 0)),
    check('warnings of Node', after.vitals.warnings.length, 0, ''),
    check('errors logged', tally.errors, 0, ''),
    check('VMs missing in flight, median', vms - median(half.map(({ inFlight }) => inFlight)), 0.1 * vms, ''),
    check('members not completed', tally.started - tally.completed, 0, ''),
    check('VMs not home', tally.notHome, 0, ''),
    check('VMs not called exactly once a run', tally.notOnce, 0, ''),
  ];
}

/** Of the whole measurement. */
export function delayOf({ vitals }: Sample): LoopDelay {
  return vitals.delayOfAll;
}

function check(name: string, value: number, bound: number, unit: Check['unit']): Check {
  return { name, value, bound, unit, holds: value <= bound };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function floorOf(points: readonly Point[]): readonly Point[] {
  const groups = Array.from({ length: Math.ceil(points.length / FLOOR_OF) }, (_, n) => points.slice(n * FLOOR_OF, (n + 1) * FLOOR_OF));
  return groups.map((group) => group.reduce((low, point) => (point.y < low.y ? point : low)));
}

/** How far the fitted line rises from the first to the last. */
function rise(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number) => sum(points.map(of)) / points.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = sum(points.map(({ x }) => (x - mx) ** 2));
  if (spread === 0) return 0;
  const slope = sum(points.map(({ x, y }) => (x - mx) * (y - my))) / spread;
  return slope * ((points.at(-1) as Point).x - (points[0] as Point).x);
}
