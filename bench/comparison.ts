import { GOALS, type Goal, judge, type Verdict } from './goals.ts';
import type { RoundFigures } from './round.ts';
import { median } from './statistics.ts';

/** All rounds of one number of VMs and one length of jobs. */
export interface Measured {
  readonly members: number;
  readonly jobMs: number;
  /** In the order in which they were measured; a round's yardstick ran right after its product. */
  readonly product: readonly RoundFigures[];
  readonly yardstick: readonly RoundFigures[];
}

export interface ComparedFigure {
  readonly figure: string;
  /** Medians; null where it did not take part. */
  readonly product: number | null;
  readonly yardstick: number | null;
  /** Median of the rounds' ratios, so that a machine that is busy now and then spoils single rounds only. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
  readonly verdict: Verdict | null;
}

export interface Comparison {
  readonly members: number;
  readonly jobMs: number;
  readonly figures: readonly ComparedFigure[];
}

export function compare({ members, jobMs, product, yardstick }: Measured): Comparison {
  const names = Object.keys(product[0] ?? yardstick[0] ?? {});
  return { members, jobMs, figures: names.map((figure) => compareFigure(figure)) };

  function compareFigure(figure: string): ComparedFigure {
    const ours = product.map((round) => round[figure] ?? 0);
    const theirs = yardstick.map((round) => round[figure] ?? 0);
    const ratios = ours.flatMap((value, n) => (theirs[n] ? [value / theirs[n]] : []));
    const ratio = ratios.length > 0 ? median(ratios) : null;
    const value = ours.length > 0 ? median(ours) : null;
    const goal = GOALS.find((one) => one.figure === figure && one.members === members && one.jobMs === jobMs) ?? null;
    const judged = goal?.compared === 'ratio' ? ratio : value;
    return {
      figure,
      product: value,
      yardstick: theirs.length > 0 ? median(theirs) : null,
      ratio,
      goal,
      verdict: goal === null || judged === null ? null : judge(goal, judged),
    };
  }
}
