import Table from 'cli-table3';
import type { Colors } from './output.ts';

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'].map((part) => [part, '']),
);
const BARE = { ...NO_LINES, left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' };

/** Rows under headings, without lines around them. Cells are trusted to be sanitised. Columns named in `right` align right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  right: readonly string[] = [],
): string {
  const drawn = new Table({
    head: headings.map((heading) => colors.bold(heading.toUpperCase())),
    chars: BARE,
    colAligns: headings.map((heading) => (right.includes(heading) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
