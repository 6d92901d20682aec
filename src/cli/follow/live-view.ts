import cliTruncate from 'cli-truncate';
import type { MemberStatus } from '../../domain/member.ts';
import type { CommandHint } from '../command-hint.ts';
import type { Colors } from '../output.ts';
import type { Frame } from './frame.ts';
import { headLines, hostLines, newsLines, troubleLines, workLines } from './live-lines.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const TROUBLED: readonly MemberStatus[] = ['attention', 'quarantined', 'failed'];
const MOST_NEWS = 8;

/** A part of the screen: what it would show if there was room. */
interface Section {
  readonly heading: string;
  readonly total: number;
  /** Share of the rows that are left which it may take when there is more than fits. */
  readonly share: number;
  /** Draws the first `most` lines. */
  readonly draw: (most: number) => readonly string[];
}

/**
 * A run on one screen: at most `rows - 1` lines (at least three), none wider than `columns`. Hosts as bars, then who needs a person,
 * then who is in work, then what happened last; each section that does not fit says how much is missing.
 */
export function liveView(frame: Frame, { columns, rows }: ScreenSize, command: CommandHint, colors: Colors): readonly string[] {
  const { model } = frame;
  const budget = Math.max(3, rows - 1);
  const needy = TROUBLED.reduce((sum, status) => sum + model.total[status], 0);
  const sections: readonly Section[] = [
    {
      heading: '',
      total: model.hosts.size < 2 ? 0 : model.hosts.size,
      share: 0.35,
      draw: (most) => hostLines([...model.hosts].slice(0, most), columns, colors),
    },
    { heading: colors.yellow('needs you'), total: needy, share: 0.45, draw: (most) => troubleLines([...model.in(TROUBLED, most)], colors) },
    {
      heading: colors.cyan('in work'),
      total: model.total.working,
      share: 0.6,
      draw: (most) => workLines([...model.in(['working'], most)], frame.now, colors),
    },
    { heading: colors.dim('latest'), total: MOST_NEWS, share: 1, draw: (most) => newsLines(model.recent(most), colors) },
  ];
  const lines = [...headLines(frame, columns, command, colors)];
  for (const section of sections) lines.push(...drawSection(section, budget - lines.length, colors));
  return lines.slice(0, budget).map((line) => cliTruncate(line, columns));
}

function drawSection({ heading, total, share, draw }: Section, left: number, colors: Colors): readonly string[] {
  const top = heading === '' ? [''] : ['', heading];
  const space = Math.min(total, Math.floor(left * share) - top.length);
  if (space < 1) return [];
  if (total <= space) {
    const lines = draw(space);
    return lines.length === 0 ? [] : [...top, ...lines];
  }
  if (share === 1) return [...top, ...draw(space)];
  return [...top, ...draw(space - 1), colors.dim(`… and ${total - (space - 1)} more`)];
}
