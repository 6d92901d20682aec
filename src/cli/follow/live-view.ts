import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { durationWords } from '../../report/duration-words.ts';
import { printable } from '../../report/printable.ts';
import { stateWords } from '../../report/state-words.ts';
import type { Colors } from '../output.ts';
import { statusBar } from './bars.ts';
import type { Frame } from './frame.ts';
import type { Counts, FollowedMember } from './run-model.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const NAME_WIDTH = 24;

/** A run on one screen: at most `rows - 1` lines, none wider than `columns`; what needs a person first. */
export function liveView(frame: Frame, { columns, rows }: ScreenSize, colors: Colors): readonly string[] {
  const { model } = frame;
  const budget = Math.max(3, rows - 1);
  const lines = [...head(frame, columns, colors)];
  const room = new Room(budget - lines.length);
  const hosts = [...model.hosts];
  const needy = model.total.attention + model.total.quarantined + model.total.failed;
  // Rows each section may have when all want more than there is.
  const hostRows = room.take(hosts.length < 2 ? 0 : hosts.length + 1, 0.35);
  const needyRows = room.take(needy === 0 ? 0 : needy + 2, 0.45);
  const workRows = room.take(model.total.working === 0 ? 0 : model.total.working + 2, 0.6);
  const newsRows = room.take(10, 1);
  lines.push(
    ...section(
      hostRows,
      '',
      hosts.map(([name, counts]) => hostLine(name, counts, frame, columns, colors)),
      hosts.length,
      colors,
    ),
  );
  const troubled = [...model.in(['attention', 'quarantined', 'failed'], Math.max(0, needyRows))];
  lines.push(
    ...section(
      needyRows,
      colors.yellow('needs you'),
      troubled.map((member) => troubleLine(member, colors)),
      needy,
      colors,
    ),
  );
  const working = visibleWork(frame, Math.max(0, workRows));
  lines.push(
    ...section(
      workRows,
      colors.cyan('in work'),
      working.map((member) => workLine(member, colors)),
      model.total.working,
      colors,
    ),
  );
  const news = model.recent(Math.max(0, newsRows - 2));
  lines.push(
    ...section(
      newsRows,
      colors.dim('latest'),
      news.map((member) => newsLine(member, colors)),
      news.length,
      colors,
    ),
  );
  return lines.slice(0, budget).map((line) => cliTruncate(line, columns));
}

/** The members of the "in work" section: their progress is worth asking for. */
export function visibleWork({ model }: Pick<Frame, 'model'>, limit: number): readonly FollowedMember[] {
  return [...model.in(['working'], limit)];
}

function head(
  { run, plan, state, model, startedAt, now, calls, noWorker, troubles, redisLost }: Frame,
  columns: number,
  colors: Colors,
): string[] {
  const { total, size } = model;
  const width = Math.max(10, Math.min(60, columns - 24));
  const counts = [
    colors.green(`${total.completed} home`),
    ...(total.working > 0 ? [colors.cyan(`${total.working} in work`)] : []),
    ...(total.pending > 0 ? [`${total.pending} waiting`] : []),
    ...(total.paused > 0 ? [colors.blue(`${total.paused} paused`)] : []),
    ...(total.attention > 0 ? [colors.yellow(`${total.attention} need you`)] : []),
    ...(total.failed > 0 ? [colors.red(`${total.failed} failed`)] : []),
    ...(total.quarantined > 0 ? [colors.red(`${total.quarantined} quarantined`)] : []),
    ...(total.cancelled > 0 ? [colors.dim(`${total.cancelled} cancelled`)] : []),
  ];
  const made = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return [
    `${colors.bold(printable(plan))} ${colors.dim(run)} ${state} · ${durationWords(now - startedAt)} · ${made} calls`,
    `${statusBar(total, width, colors)} ${total.completed}/${size}`,
    counts.join(' · '),
    ...(redisLost ? [colors.red('Redis is not reachable: waiting for it, nothing is lost')] : []),
    ...(noWorker ? [colors.yellow('nothing moves until a worker runs: failback worker')] : []),
    ...troubles.map(({ host, failure }) => colors.red(`host ${host} can not be looked at: ${printable(failure.message)}`)),
  ];
}

function hostLine(name: string, counts: Readonly<Counts>, { model }: Frame, columns: number, colors: Colors): string {
  const names = [...model.hosts.keys()];
  const wide = Math.min(NAME_WIDTH, Math.max(...names.map((host) => stringWidth(host))));
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const open = counts.attention + counts.failed + counts.quarantined;
  const trouble = open > 0 ? colors.yellow(` ${open} in trouble`) : '';
  const bar = statusBar(counts, Math.max(8, Math.min(30, columns - wide - 36)), colors);
  return `${padded(name, wide)} ${bar} ${counts.completed}/${all}, ${counts.working} in work${trouble}`;
}

function troubleLine(member: FollowedMember, colors: Colors): string {
  const { vm, host, status, trouble } = member;
  const paint = status === 'attention' ? colors.yellow : colors.red;
  return `${paint(padded(printable(vm), NAME_WIDTH))} ${colors.dim(host)} ${status}: ${printable(trouble?.message ?? stateWords(member.state))}`;
}

function workLine({ vm, host, state, percent, trouble }: FollowedMember, colors: Colors): string {
  const share = percent === null ? '' : ` ${Math.min(100, percent)} %`;
  const why = trouble === null ? '' : colors.dim(` (${printable(trouble.message)})`);
  return `${padded(printable(vm), NAME_WIDTH)} ${colors.dim(host)} ${stateWords(state)}${share}${why}`;
}

function newsLine({ vm, changedAt, state, news }: FollowedMember, colors: Colors): string {
  const time = new Date(changedAt).toISOString().slice(11, 19);
  return `${colors.dim(time)} ${padded(printable(vm), NAME_WIDTH)} ${stateWords(state)} ${colors.dim(`← ${printable(news)}`)}`;
}

/** A heading (with a blank line before it) and as many lines as fit in `rows`; the last one says how many are missing. */
function section(rows: number, heading: string, lines: readonly string[], total: number, colors: Colors): string[] {
  const top = heading === '' ? [''] : ['', heading];
  const space = rows - top.length;
  if (space < 1 || lines.length === 0) return [];
  if (total <= space) return [...top, ...lines.slice(0, space)];
  return [...top, ...lines.slice(0, space - 1), colors.dim(`… and ${total - (space - 1)} more`)];
}

/** Rows still to be given away. */
class Room {
  #left: number;

  constructor(rows: number) {
    this.#left = Math.max(0, rows);
  }

  /** As many as wanted, but no more than a share of what is left. */
  take(wanted: number, share: number): number {
    const got = Math.min(wanted, Math.floor(this.#left * share));
    this.#left -= got;
    return got;
  }
}

function padded(text: string, width: number): string {
  const cut = cliTruncate(text, width);
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}
