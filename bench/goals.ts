/** Where a goal holds: this many VMs whose jobs take this long. */
interface Place {
  readonly members: number;
  readonly jobMs: number;
}

/** What the product shall reach: a figure of its own, or its ratio to the yardstick's in the same rounds. */
export interface Goal extends Place {
  readonly figure: string;
  readonly compared: 'value' | 'ratio';
  readonly want: 'at least' | 'at most';
  readonly goal: number;
  /** What it shall reach first; null: only the goal counts. */
  readonly milestone: number | null;
}

const MANY = 10_000;

/** The goals of `docs/performance.md` that a plain comparison can judge. */
export const GOALS: readonly Goal[] = [
  { members: MANY, jobMs: 0, figure: 'rate', compared: 'ratio', want: 'at least', goal: 1.3, milestone: 0.6 },
  { members: MANY, jobMs: 0, figure: 'cpu', compared: 'ratio', want: 'at most', goal: 0.7, milestone: 1.6 },
  { members: MANY, jobMs: 2_000, figure: 'wall', compared: 'value', want: 'at most', goal: 6_500, milestone: 10_000 },
  { members: 100, jobMs: 2_000, figure: 'overheadP50', compared: 'value', want: 'at most', goal: 150, milestone: null },
  { members: 100, jobMs: 2_000, figure: 'overheadP99', compared: 'value', want: 'at most', goal: 400, milestone: null },
  { members: MANY, jobMs: 0, figure: 'requests', compared: 'value', want: 'at most', goal: 3, milestone: null },
  { members: MANY, jobMs: 15_000, figure: 'pollGapP99', compared: 'value', want: 'at most', goal: 1_100, milestone: null },
];

export type Verdict = 'met' | 'milestone' | 'missed';

export function judge({ want, goal, milestone }: Goal, value: number): Verdict {
  const reaches = (bound: number) => (want === 'at least' ? value >= bound : value <= bound);
  if (reaches(goal)) return 'met';
  return milestone !== null && reaches(milestone) ? 'milestone' : 'missed';
}
