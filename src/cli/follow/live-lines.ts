import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import type { MemberStatus } from '../../domain/member.ts';
import { backlogWords, timeUntilFull, totalBacklog } from '../../report/backlog-words.ts';
import { durationWords } from '../../report/duration-words.ts';
import { hostsWords } from '../../report/place.ts';
import { printable } from '../../report/printable.ts';
import { stateWords } from '../../report/state-words.ts';
import { countWords, statusWords, TOLD_STATUSES } from '../../report/status-words.ts';
import type { CommandHint } from '../command-hint.ts';
import { hostTroubleWords } from '../host-trouble-words.ts';
import type { Colors } from '../output.ts';
import { runStateWords } from '../run-state-words.ts';
import { timerWords } from '../timer-words.ts';
import { statusBar } from './bars.ts';
import type { Frame } from './frame.ts';
import type { Counts, FollowedMember, RunModel } from './run-model.ts';

const WIDEST_NAME = 28;
/** Hosts that can not be looked at, named one by one. */
const MOST_TROUBLES = 3;

/** Name, age, bar, counts, and whatever keeps the whole run from moving. */
export function headLines(
  { run, state, model, startedAt, now, calls, noWorker, troubles, redisLost }: Frame,
  columns: number,
  command: CommandHint,
  colors: Colors,
): readonly string[] {
  const { total, size } = model;
  const words = runStateWords({ state, counts: total, record: { members: size } });
  const made = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const unseen = troubles.length - MOST_TROUBLES;
  return [
    `${colors.bold(run)}  ${words} · ${durationWords(now - startedAt)} · ${made} calls`,
    `${statusBar(total, Math.max(10, Math.min(60, columns - 24)), colors)} ${total.completed}/${size}`,
    totalWords(model, colors),
    ...dataLines(model, now, colors),
    ...(redisLost ? [colors.red('Redis is not reachable: waiting for it, nothing is lost')] : []),
    ...(state === 'paused' ? [colors.yellow(`nothing is started until: ${command('resume', run)}`)] : []),
    ...(noWorker ? [colors.yellow(`nothing moves until a worker runs: ${command('worker')}`)] : []),
    ...troubles
      .slice(0, MOST_TROUBLES)
      .flatMap((trouble) => [
        colors.red(printable(hostTroubleWords(trouble))),
        ...(trouble.failure.remedy ? [colors.dim(`  remedy: ${printable(trouble.failure.remedy)}`)] : []),
      ]),
    ...(unseen > 0 ? [colors.red(`… and ${unseen} more hosts that can not be looked at`)] : []),
  ];
}

/** What is on its way, of all VMs whose hosts count it. */
function dataLines(model: RunModel, now: number, colors: Colors): readonly string[] {
  const backlogs = [...model.in(['working'])].flatMap(({ backlog }) => backlog ?? []);
  const total = totalBacklog(backlogs);
  if (total === null) return [];
  const full = backlogs.filter((backlog) => timeUntilFull(backlog) !== null).length;
  return [
    `data: ${backlogWords(total, now)}${backlogs.length > 1 ? ` (${backlogs.length} VMs)` : ''}`,
    ...(full > 0 && backlogs.length > 1 ? [colors.yellow(`change log grows towards its limit: ${full} ${full === 1 ? 'VM' : 'VMs'}`)] : []),
  ];
}

function totalWords({ total, goal }: RunModel, colors: Colors): string {
  const paints: Readonly<Record<MemberStatus, (text: string) => string>> = {
    completed: colors.green,
    working: colors.cyan,
    pending: (text) => text,
    paused: colors.blue,
    attention: colors.yellow,
    failed: colors.red,
    quarantined: colors.red,
    cancelled: colors.dim,
  };
  const shown = TOLD_STATUSES.flatMap((status) => countWords(total, [status], goal).map((text) => paints[status](text)));
  return shown.join(' · ');
}

/** One bar a host. */
export function hostLines(hosts: readonly (readonly [string, Readonly<Counts>])[], columns: number, colors: Colors): readonly string[] {
  const wide = widthOf(hosts.map(([name]) => name));
  return hosts.map(([name, counts]) => {
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const open = counts.attention + counts.failed + counts.quarantined;
    const bar = statusBar(counts, Math.max(8, Math.min(30, columns - wide - 36)), colors);
    return `${padded(name, wide)} ${bar} ${counts.completed}/${all}, ${counts.working} in work${open > 0 ? colors.yellow(` ${open} in trouble`) : ''}`;
  });
}

/** Who needs a person, and why. */
export function troubleLines(members: readonly FollowedMember[], colors: Colors): readonly string[] {
  const wide = widthOf(members.map(({ vm }) => printable(vm)));
  return members.map((member) => {
    const { vm, status, state, trouble } = member;
    const paint = status === 'attention' ? colors.yellow : colors.red;
    return `${paint(padded(printable(vm), wide))} ${colors.dim(hostsWords(member))} ${statusWords(status)}: ${printable(trouble?.message ?? stateWords(state, member))}`;
  });
}

/** Who is in work, and how far. */
export function workLines(members: readonly FollowedMember[], now: number, colors: Colors): readonly string[] {
  const wide = widthOf(members.map(({ vm }) => printable(vm)));
  return members.map((member) => {
    const { vm, state, percent, backlog, nextTimer, trouble } = member;
    const timer = timerWords(state, nextTimer, now);
    const share = percent === null ? '' : ` ${Math.min(100, percent)} %`;
    const data = backlog === null ? '' : `, ${backlogWords(backlog, now)}`;
    const why = trouble === null ? '' : colors.dim(` (${printable(trouble.message)})`);
    return `${padded(printable(vm), wide)} ${colors.dim(hostsWords(member))} ${stateWords(state, member)}${share}${data}${timer === null ? '' : `, ${timer}`}${why}`;
  });
}

/** What happened last, newest first. */
export function newsLines(members: readonly FollowedMember[], colors: Colors): readonly string[] {
  const wide = widthOf(members.map(({ vm }) => printable(vm)));
  return members.map((member) => {
    const { vm, changedAt, state, news } = member;
    const time = new Date(changedAt).toISOString().slice(11, 19);
    return `${colors.dim(time)} ${padded(printable(vm), wide)} ${stateWords(state, member)} ${colors.dim(`← ${printable(news)}`)}`;
  });
}

function widthOf(names: readonly string[]): number {
  return Math.min(WIDEST_NAME, Math.max(0, ...names.map((name) => stringWidth(name))));
}

function padded(text: string, width: number): string {
  const cut = cliTruncate(text, width);
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}
