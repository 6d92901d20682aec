import type { Redis } from 'ioredis';
import type { BenchHost } from './world.ts';

/** How a VM fared. */
export interface MemberTimes {
  /** When its lifecycle could have begun, ms since the epoch. */
  readonly possibleAt: number;
  readonly completedAt: number;
}

export interface Outcome {
  readonly members: readonly MemberTimes[];
  /** Durable records of all VMs together. */
  readonly records: number;
  /** When each of them was made, ms since the epoch, in order; null where nobody keeps that. */
  readonly recordedAt: readonly number[] | null;
}

/** One of those that are compared, seen from the process that measures. */
export interface Contender {
  readonly name: 'product' | 'yardstick';
  readonly program: `./${string}.js`;
  /** Everything is on record afterwards; workers may begin before that. */
  create(redis: Redis, hosts: readonly BenchHost[]): Promise<void>;
  /** How many VMs are home. Costs one command. */
  completed(redis: Redis): Promise<number>;
  /** Nothing more happens. */
  isSettled(redis: Redis): Promise<boolean>;
  /** Memory of the journal in Redis, bytes; 0 where there is none. */
  journalBytes(redis: Redis): Promise<number>;
  /** Reads everything: only after the measurement. */
  outcome(redis: Redis): Promise<Outcome>;
}
