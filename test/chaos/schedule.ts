import { randomStream } from '../../src/simulator/world/random.ts';

/**
 * Ended with SIGKILL: worker processes, Redis (with and without the end of its append-only file), management stacks of hosts, whole hosts; a
 * primary that no replica hears of any more, a replica.
 */
export const KILLS = ['worker-kill', 'redis-kill', 'redis-tail', 'host-kill', 'host-crash', 'redis-forget', 'redis-replica-kill'] as const;

/** Everything that goes on living, or comes back by itself. */
export const OTHERS = [
  'worker-stop',
  'redis-stop',
  'redis-full',
  'host-stop',
  'host-unseen',
  'host-jobs',
  'cut-host-refuse',
  'cut-host-silent',
  'cut-host-reply',
  'cut-redis-refuse',
  'cut-redis-silent',
  'cut-redis-reply',
  'clock-one',
  'clock-all',
  'redis-failover',
] as const;

export type Kill = (typeof KILLS)[number];
export type Kind = Kill | (typeof OTHERS)[number];
const KINDS: readonly Kind[] = [...KILLS, ...OTHERS];

/** What Redis is: one server, a primary and its replicas behind three Sentinels, or a cluster of three primaries with a replica each. */
export const LAYOUTS = ['single', 'sentinel', 'cluster'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Where a replica takes over, nobody waits for the file or the disk of a server that is gone; one server alone has nobody to take over. */
const ALONE: readonly Kind[] = ['redis-tail', 'redis-full'];
const REPLICATED: readonly Kind[] = ['redis-forget', 'redis-replica-kill', 'redis-failover'];

/** Everything that can happen with such a Redis. */
export function kindsWith(layout: Layout): readonly Kind[] {
  const strange = layout === 'single' ? REPLICATED : ALONE;
  return KINDS.filter((kind) => !strange.includes(kind));
}

/** One disturbance, drawn before anything runs. */
export interface Disturbance {
  readonly kind: Kind;
  /** Milliseconds after the workers started. */
  readonly at: number;
  /** How long it lasts, milliseconds; 0 where it is over at once. */
  readonly forMs: number;
  /** In [0, 1): which worker, which host, or which primary of a cluster. The next host is taken where one is disturbed already. */
  readonly worker: number;
  readonly host: number;
  /** Milliseconds by which a clock jumps; it jumps back when the disturbance ends. */
  readonly jumpMs: number;
}

/** How often each kind comes in a deck of its sort; a deck is dealt out before the next is shuffled. */
const WEIGHTS: Partial<Record<Kind, number>> = { 'worker-kill': 6, 'redis-kill': 2, 'redis-tail': 2, 'redis-forget': 2, 'host-kill': 2 };

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const JUMPS = [20 * SECOND, 5 * MINUTE, 3 * HOUR, 30 * HOUR].flatMap((ms) => [ms, -ms]);

export interface ScheduleOptions {
  readonly seed: number;
  readonly kills: number;
  readonly others: number;
  /** Milliseconds all of it takes to begin. */
  readonly overMs: number;
  /** How long a worker is stopped, milliseconds: taken in turn. */
  readonly stopsMs: readonly number[];
  readonly only: readonly Kind[];
}

/** The same seed gives the same disturbances at the same times. */
export function drawSchedule({ seed, kills, others, overMs, stopsMs, only }: ScheduleOptions): readonly Disturbance[] {
  const random = randomStream(seed, 'schedule');
  let stops = 0;
  const draw = (kinds: readonly Kind[], count: number): Disturbance[] => {
    const chosen = kinds.filter((kind) => only.includes(kind)).flatMap((kind) => Array<Kind>(WEIGHTS[kind] ?? 1).fill(kind));
    if (chosen.length === 0) return [];
    const dealt: Kind[] = [];
    while (dealt.length < count) dealt.push(...random.shuffle(chosen));
    return dealt.slice(0, count).map((kind, n) => ({
      kind,
      at: Math.round(((n + random.next()) * overMs) / count),
      forMs: kind === 'worker-stop' ? (stopsMs[stops++ % stopsMs.length] ?? 0) : durationOf(kind, random.next()),
      worker: random.next(),
      host: random.next(),
      jumpMs: random.pick(JUMPS) ?? 0,
    }));
  };
  return [...draw(KILLS, kills), ...draw(OTHERS, others)].sort((a, b) => a.at - b.at);
}

/** From and to, milliseconds. */
function durationOf(kind: Kind, drawn: number): number {
  const [from, to] = kind.startsWith('clock') ? [2_000, 8_000] : kind.endsWith('-silent') ? [2_000, 12_000] : [300, 4_000];
  return Math.round(from + drawn * (to - from));
}
