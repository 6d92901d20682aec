import { type Goal, goalFor, judge, type Verdict } from './goals.ts';
import type { Place } from './place.ts';
import type { RoundFigures } from './round.ts';
import { median } from './statistics.ts';

/** All rounds of one place. */
export interface Measured extends Place {
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

export interface Comparison extends Place {
  readonly figures: readonly ComparedFigure[];
}

export function compare({ product, yardstick, ...place }: Measured): Comparison {
  const names = new Set([...product, ...yardstick].flatMap((round) => Object.keys(round)));
  return { ...place, figures: [...names].map((figure) => compareFigure(figure)) };

  function compareFigure(figure: string): ComparedFigure {
    const ratios = product.flatMap((round, n) => ratioOf(round[figure], yardstick[n]?.[figure]));
    const ratio = ratios.length > 0 ? median(ratios) : null;
    const value = medianOf(product, figure);
    const goal = goalFor(figure, place);
    const judged = goal?.compared === 'ratio' ? ratio : value;
    return {
      figure,
      product: value,
      yardstick: medianOf(yardstick, figure),
      ratio,
      goal,
      verdict: goal === null || judged === null ? null : judge(goal, judged),
    };
  }
}

function ratioOf(ours: number | undefined, theirs: number | undefined): readonly number[] {
  return ours === undefined || !theirs ? [] : [ours / theirs];
}

/** Null where no round has it. */
function medianOf(rounds: readonly RoundFigures[], figure: string): number | null {
  const values = rounds.flatMap((round) => round[figure] ?? []);
  return values.length > 0 ? median(values) : null;
}
