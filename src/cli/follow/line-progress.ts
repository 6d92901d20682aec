import { eventWords, evidenceOf } from '../../report/event-words.ts';
import { printable } from '../../report/printable.ts';
import { splitState, stateWords } from '../../report/state-words.ts';
import type { JournalEntry } from '../../runtime/journal.ts';
import type { Output } from '../output.ts';
import type { Frame } from './frame.ts';
import type { Progress } from './progress.ts';
import type { FollowedMember } from './run-model.ts';

/** At most so often a line of totals, milliseconds. */
const TOTALS_MS = 10_000;

/** Plain lines for pipes, logs and CI: what a person would want to read afterwards, not every look at a host. */
export class LineProgress implements Progress {
  readonly #output: Output;
  readonly #told = new Set<string>();
  #totalsAt = 0;
  #totals = '';

  constructor(output: Output) {
    this.#output = output;
  }

  transition(entry: JournalEntry, member: FollowedMember | undefined): void {
    const name = member ? printable(member.vm) : 'run';
    if (!isWorthALine(entry)) return;
    const time = new Date(entry.at).toISOString().slice(11, 19);
    const { failure } = evidenceOf(entry);
    const why = failure ? `: ${printable(failure.message)}` : ` (${printable(eventWords(entry))})`;
    this.#output.say(`${time} ${name}: ${stateWords(entry.to)}${why}`);
  }

  frame({ model, now, noWorker, troubles, redisLost }: Frame): void {
    if (noWorker && !redisLost) this.#once('worker', 'nothing moves until a worker runs: failback worker');
    else this.#told.delete('worker');
    for (const { host, failure } of troubles)
      this.#once(`host ${host}`, `host ${host} can not be looked at: ${printable(failure.message)}`);
    for (const told of this.#told)
      if (told.startsWith('host ') && !troubles.some(({ host }) => told === `host ${host}`)) this.#told.delete(told);
    const { total, size } = model;
    const totals = `${total.completed} of ${size} home, ${total.working} in work, ${total.pending} waiting, ${total.attention} need a person, ${total.failed + total.quarantined} failed`;
    if (totals === this.#totals || now - this.#totalsAt < TOTALS_MS) return;
    this.#totals = totals;
    this.#totalsAt = now;
    this.#output.say(totals);
  }

  close(): void {
    // Nothing is held.
  }

  #once(key: string, text: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#output.say(text);
  }
}

/** Changes of step or of what a person would do about it; not every look, wait and timer. */
function isWorthALine({ id, from, to }: JournalEntry): boolean {
  if (id === '@run' || !to.includes(': ')) return true;
  const [before, after] = [splitState(from), splitState(to)];
  if (from === to) return false;
  const phase = after.phase.split('.')[0] ?? '';
  if (phase === 'checking' || phase === 'reconciling' || phase === 'proving') return before.step !== after.step && before.step !== null;
  return phase !== before.phase.split('.')[0];
}
