import type { Colors } from '../output.ts';
import type { Counts } from './run-model.ts';

interface Part {
  readonly count: number;
  readonly mark: string;
  readonly paint: (text: string) => string;
}

/**
 * A bar of `width` cells: home, in work, needs a person or failed, not begun. Whatever is not zero gets at least one cell, so that
 * one failure among a thousand is seen.
 */
export function statusBar(counts: Readonly<Counts>, width: number, colors: Colors): string {
  const parts: readonly Part[] = [
    { count: counts.completed, mark: '█', paint: colors.green },
    { count: counts.working, mark: '▓', paint: colors.cyan },
    { count: counts.paused, mark: '▒', paint: colors.blue },
    { count: counts.attention, mark: '!', paint: colors.yellow },
    { count: counts.failed + counts.quarantined, mark: '×', paint: colors.red },
    { count: counts.cancelled, mark: '-', paint: colors.dim },
    { count: counts.pending, mark: '░', paint: colors.dim },
  ];
  const cells = shares(
    parts.map(({ count }) => count),
    width,
  );
  return parts.map(({ mark, paint }, n) => ((cells[n] ?? 0) > 0 ? paint(mark.repeat(cells[n] ?? 0)) : '')).join('');
}

/** Divides `width` cells in proportion; sums to `width`; everything above zero gets one cell while there is room. */
export function shares(counts: readonly number[], width: number): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const cells = counts.map((count) => (count === 0 ? 0 : Math.max(1, Math.floor((count / total) * width))));
  for (let rest = width - cells.reduce((sum, cell) => sum + cell, 0); rest !== 0; rest -= Math.sign(rest)) {
    // Whoever is furthest from the exact share gives or takes a cell.
    const gap = (n: number): number => ((counts[n] ?? 0) / total) * width - (cells[n] ?? 0);
    const candidates = cells.map((_, n) => n).filter((n) => (rest > 0 ? (counts[n] ?? 0) > 0 : (cells[n] ?? 0) > 1));
    const [best = cells.findIndex((cell) => cell > 0)] = candidates.sort((a, b) => Math.sign(rest) * (gap(b) - gap(a)));
    cells[best] = (cells[best] ?? 0) + Math.sign(rest);
  }
  return cells;
}
