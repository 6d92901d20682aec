import type { Comparison } from './comparison.ts';
import { judge, type Verdict } from './goals.ts';
import { describe } from './place.ts';

/** What only two places together show: a figure of the one divided by that of the other. */
export interface AcrossFigure {
  readonly what: string;
  readonly product: number | null;
  readonly yardstick: number | null;
  /** The product shall not exceed it; null: nothing is wanted. */
  readonly goal: number | null;
  readonly verdict: Verdict | null;
}

const FEW = 1_000;
const MANY = 10_000;

/** Growth from 1,000 to 10,000 VMs, `appendfsync always` beside `everysec`, more workers beside one: whatever was measured. */
export function across(comparisons: readonly Comparison[]): readonly AcrossFigure[] {
  return comparisons.flatMap((one) => {
    const { members, jobMs, workers, appendfsync } = one;
    const other = (change: Partial<Comparison>) => {
      const wanted = { members, jobMs, workers, appendfsync, ...change };
      const fits = (it: Comparison) => it.members === wanted.members && it.jobMs === wanted.jobMs && it.workers === wanted.workers;
      return comparisons.find((it) => fits(it) && it.appendfsync === wanted.appendfsync && it !== one);
    };
    const [few, everysec, alone] = [other({ members: FEW }), other({ appendfsync: 'everysec' }), other({ workers: 1 })];
    const place = describe(one);
    return [
      ...(members === MANY && few ? [divide(`CPU a VM, beside ${FEW} VMs: ${place}`, 'cpu', one, few, 1)] : []),
      ...(everysec ? [divide(`wall, beside everysec: ${place}`, 'wall', one, everysec, 1.15)] : []),
      ...(alone ? [divide(`lifecycles a second, beside 1 worker: ${place}`, 'rate', one, alone, null)] : []),
    ];
  });
}

function divide(what: string, figure: string, one: Comparison, other: Comparison, goal: number | null): AcrossFigure {
  const of = (side: 'product' | 'yardstick'): number | null => {
    const [value, base] = [one, other].map(({ figures }) => figures.find((it) => it.figure === figure)?.[side] ?? null);
    return value && base ? value / base : null;
  };
  const product = of('product');
  const verdict = goal === null || product === null ? null : judge({ want: 'at most', goal, milestone: null }, product);
  return { what, product, yardstick: of('yardstick'), goal, verdict };
}
