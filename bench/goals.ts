import type { Place } from './place.ts';

/** What the product shall reach: a figure of its own, or its ratio to the yardstick's in the same rounds. */
export interface Goal {
  /** Null: wherever it is measured. */
  readonly members: number | null;
  readonly jobMs: number | null;
  readonly killed: boolean;
  readonly figure: string;
  readonly compared: 'value' | 'ratio';
  readonly want: 'at least' | 'at most';
  readonly goal: number;
  /** What it shall reach first; null: only the goal counts. */
  readonly milestone: number | null;
}

const MANY = 10_000;
const KB = 1_024;
const plain = { compared: 'value', want: 'at most', milestone: null, killed: false } as const;
const afterKill = { ...plain, killed: true } as const;

/** The goals of `docs/performance.md` one comparison can judge, for one worker process. */
const GOALS: readonly Goal[] = [
  { ...plain, members: MANY, jobMs: 0, figure: 'rate', compared: 'ratio', want: 'at least', goal: 1.3, milestone: 0.6 },
  { ...plain, members: MANY, jobMs: 0, figure: 'cpu', compared: 'ratio', goal: 0.7, milestone: 1.6 },
  { ...plain, members: MANY, jobMs: 2_000, figure: 'wall', goal: 6_500, milestone: 10_000 },
  { ...plain, members: 100, jobMs: 2_000, figure: 'overheadP50', goal: 150 },
  { ...plain, members: 100, jobMs: 2_000, figure: 'overheadP99', goal: 400 },
  { ...plain, members: null, jobMs: null, figure: 'requests', goal: 3 },
  { ...plain, members: null, jobMs: null, figure: 'calls', goal: 1 },
  { ...plain, members: MANY, jobMs: 15_000, figure: 'pollGapP99', goal: 1_100 },
  { ...plain, members: MANY, jobMs: 15_000, figure: 'flightWorker', goal: 4 * KB, milestone: 10 * KB },
  { ...plain, members: MANY, jobMs: 15_000, figure: 'flightRedisWithoutJournal', goal: KB },
  { ...afterKill, members: 1_000, jobMs: 2_000, figure: 'firstRequest', goal: 500 },
  { ...afterKill, members: MANY, jobMs: 2_000, figure: 'firstRequest', goal: 1_000 },
  { ...afterKill, members: 1_000, jobMs: 2_000, figure: 'allDone', goal: 5_000 },
  { ...afterKill, members: null, jobMs: null, figure: 'repeated', goal: 0 },
  { ...afterKill, members: null, jobMs: null, figure: 'lost', goal: 0 },
];

/** Null where nothing is wanted of this figure. */
export function goalFor(figure: string, { members, jobMs, workers, appendfsync, killed }: Place): Goal | null {
  if (workers !== 1 || appendfsync !== 'everysec') return null;
  const fits = (goal: Goal) => (goal.members ?? members) === members && (goal.jobMs ?? jobMs) === jobMs && goal.killed === killed;
  return GOALS.find((goal) => goal.figure === figure && fits(goal)) ?? null;
}

export type Verdict = 'met' | 'milestone' | 'missed';

export function judge({ want, goal, milestone }: Pick<Goal, 'want' | 'goal' | 'milestone'>, value: number): Verdict {
  const reaches = (bound: number) => (want === 'at least' ? value >= bound : value <= bound);
  if (reaches(goal)) return 'met';
  return milestone !== null && reaches(milestone) ? 'milestone' : 'missed';
}
