import { backlogWords, timeUntilFull } from '../../report/backlog-words.ts';
import { eventWords, evidenceOf } from '../../report/event-words.ts';
import { printable } from '../../report/printable.ts';
import { splitState, stateWords } from '../../report/state-words.ts';
import { countWords, NOT_HOME } from '../../report/status-words.ts';
import type { HostTrouble } from '../../runtime/host-health.ts';
import type { JournalEntry } from '../../runtime/journal.ts';
import type { CommandHint } from '../command-hint.ts';
import { hostTroubleWords } from '../host-trouble-words.ts';
import type { Output } from '../output.ts';
import type { Frame } from './frame.ts';
import type { Progress } from './progress.ts';
import type { FollowedMember } from './run-model.ts';

/** At most so often a line of totals, milliseconds. */
const TOTALS_MS = 10_000;
/** The same while nothing but amounts of data changes. */
const DATA_MS = 60_000;
/** VMs whose data is told one by one. */
const MOST_MOVING = 5;

/** Plain lines for pipes, logs and CI: what a person would want to read afterwards, not every look at a host. */
export class LineProgress implements Progress {
  readonly #output: Output;
  readonly #command: CommandHint;
  readonly #troublesAreLogged: boolean;
  readonly #told = new Set<string>();
  #totalsAt = 0;
  #totals = '';

  /** @param troublesAreLogged hosts that can not be looked at stand in the log, so they are not told here */
  constructor(output: Output, command: CommandHint, troublesAreLogged: boolean) {
    this.#output = output;
    this.#command = command;
    this.#troublesAreLogged = troublesAreLogged;
  }

  transition(entry: JournalEntry, member: FollowedMember | undefined): void {
    const name = member ? printable(member.vm) : 'run';
    if (!isWorthALine(entry, (member?.partner ?? null) !== null || member?.strategy === 'drill')) return;
    const time = new Date(entry.at).toISOString().slice(11, 19);
    const { failure } = evidenceOf(entry);
    const why = failure ? `: ${printable(failure.message)}` : ` (${printable(eventWords(entry, member))})`;
    this.#output.say(`${time} ${name}: ${stateWords(entry.to, member)}${why}`);
  }

  frame({ run, state, model, now, noWorker, troubles, redisLost }: Frame): void {
    if (noWorker && !redisLost) this.#once('worker', `nothing moves until a worker runs: ${this.#command('worker')}`);
    else this.#told.delete('worker');
    if (state === 'paused') this.#once('paused', `the run is paused, nothing is started until: ${this.#command('resume', run)}`);
    else this.#told.delete('paused');
    if (!this.#troublesAreLogged) this.#tellTroubles(troubles);
    const { total, size } = model;
    const totals = [`${total.completed} of ${size} ${model.goal}`, ...countWords(total, NOT_HOME)].join(', ');
    const moving = [...model.in(['working'])].filter(({ backlog }) => backlog !== null);
    const age = now - this.#totalsAt;
    if (age < (totals === this.#totals ? DATA_MS : TOTALS_MS) || (totals === this.#totals && moving.length === 0)) return;
    this.#totals = totals;
    this.#totalsAt = now;
    this.#output.say(totals);
    for (const { vm, backlog } of mostUrgentFirst(moving).slice(0, MOST_MOVING)) {
      if (backlog) this.#output.say(`  ${printable(vm)}: ${backlogWords(backlog, now)}`);
    }
    if (moving.length > MOST_MOVING) this.#output.say(`  … and ${moving.length - MOST_MOVING} more with data on its way`);
  }

  close(): void {
    // Nothing is held.
  }

  #tellTroubles(troubles: readonly HostTrouble[]): void {
    for (const trouble of troubles) {
      const { remedy } = trouble.failure;
      this.#once(`host ${trouble.host}`, printable(`waiting: ${hostTroubleWords(trouble)}${remedy === undefined ? '' : `. ${remedy}`}`));
    }
    for (const told of this.#told) {
      if (!told.startsWith('host ') || troubles.some(({ host }) => told === `host ${host}`)) continue;
      this.#told.delete(told);
      this.#output.say(`${told} answers again`);
    }
  }

  #once(key: string, text: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#output.say(text);
  }
}

/** VMs whose change log runs full come first, those with the least time before all. */
function mostUrgentFirst(members: readonly FollowedMember[]): readonly FollowedMember[] {
  const left = ({ backlog }: FollowedMember): number => (backlog && timeUntilFull(backlog)) ?? Number.MAX_VALUE;
  return members.toSorted((one, other) => left(one) - left(other));
}

/**
 * Changes of step or of what a person would do about it; not every look, wait and timer.
 * @param longWay of a dozen short steps, told when they are at work
 */
function isWorthALine({ id, from, to }: JournalEntry, longWay: boolean): boolean {
  if (id === '@run' || !to.includes(': ')) return true;
  const [before, after] = [splitState(from), splitState(to)];
  if (from === to) return false;
  const phase = after.phase.split('.')[0] ?? '';
  if (longWay && (phase === 'checking' || phase === 'calling')) return false;
  if (phase === 'checking' || phase === 'reconciling' || phase === 'proving') return before.step !== after.step && before.step !== null;
  return phase !== before.phase.split('.')[0];
}
