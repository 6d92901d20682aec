import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { FailbackError } from '../../domain/failure.ts';
import type { Incident } from './world.ts';

/** A method call a simulated host received. Written before anything happens. */
export interface LedgerCall {
  readonly type: 'call';
  /** Number of the call in the file, from 1. */
  readonly n: number;
  /** Host time, ISO 8601. */
  readonly at: string;
  readonly host: string;
  /** Machine the call is about (upper-case GUID), null for calls about none. */
  readonly vm: string | null;
  readonly vmName: string | null;
  readonly class: string;
  readonly method: string;
  readonly messageId: string;
  /** Parameters, shortened. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** What the host answered to call `n`. Missing when the simulator died in between. */
export interface LedgerOutcome {
  readonly type: 'outcome';
  readonly n: number;
  readonly at: string;
  readonly host: string;
  readonly vm: string | null;
  readonly method: string;
  readonly returnValue: number;
  /** InstanceID of the job that was started. */
  readonly job: string | null;
}

/** Something the simulated world saw that must never happen. */
export interface LedgerIncident {
  readonly type: 'incident';
  readonly kind: Incident['kind'];
  /** World time, ISO 8601. */
  readonly at: string;
  /** Where the copy is that was powered on. */
  readonly host: string;
  readonly vm: string;
  readonly vmName: string;
}

/** Append-only record of every method call and every incident. Each line is written to the file in one piece before the call goes on; nothing is buffered. */
export class Ledger {
  readonly #file: number;
  #calls: number;

  /** Goes on with an existing file. A torn last line of a killed simulator is cut off: what it was about to record never happened. */
  constructor(path: string) {
    this.#calls = 0;
    if (existsSync(path)) {
      const bytes = readFileSync(path);
      truncateSync(path, bytes.lastIndexOf('\n') + 1);
      this.#calls = readLedger(path).calls.length;
    }
    this.#file = openSync(path, 'a');
  }

  /** @returns the number of the call */
  call(entry: Omit<LedgerCall, 'type' | 'n'>): number {
    this.#calls += 1;
    this.#write({ type: 'call', n: this.#calls, ...entry });
    return this.#calls;
  }

  outcome(entry: Omit<LedgerOutcome, 'type'>): void {
    this.#write({ type: 'outcome', ...entry });
  }

  incident(incident: Incident): void {
    this.#write({ type: 'incident', ...incident, at: new Date(incident.at).toISOString() });
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: LedgerLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

type LedgerLine = LedgerCall | LedgerOutcome | LedgerIncident;

export interface LedgerReading {
  readonly calls: readonly LedgerCall[];
  readonly outcomes: readonly LedgerOutcome[];
  readonly incidents: readonly LedgerIncident[];
  /** Every moment from which both copies of a pair ran. */
  readonly bothSidesRunning: readonly LedgerIncident[];
  /** By `machine id or host/method` → `received`: calls; `accepted`: those answered 0 or 4096 (a call without outcome counts as accepted). */
  count(vm: string, method: string): { received: number; accepted: number };
  /** Machines for which a method was accepted more than once. */
  repeated(method: string): readonly string[];
  /** MessageIDs that arrived in more than one method call. */
  readonly duplicateMessageIds: readonly string[];
}

/**
 * Reads a ledger. A torn last line (the simulator was killed while writing) is ignored.
 * @throws FailbackError `usage.invalid` when the file cannot be read or another line is damaged
 */
export function readLedger(path: string): LedgerReading {
  const lines = readText(path).split('\n');
  const calls: LedgerCall[] = [];
  const outcomes: LedgerOutcome[] = [];
  const incidents: LedgerIncident[] = [];
  lines.pop();
  for (const [index, line] of lines.entries()) {
    const entry = parseLine(path, index + 1, line);
    if (entry.type === 'call') calls.push(entry);
    else if (entry.type === 'outcome') outcomes.push(entry);
    else incidents.push(entry);
  }
  const answers = new Map(outcomes.map((outcome) => [outcome.n, outcome.returnValue]));
  const counts = new Map<string, { received: number; accepted: number }>();
  const seen = new Map<string, number>();
  for (const call of calls) {
    const key = `${call.vm ?? call.host} ${call.method}`;
    const count = counts.get(key) ?? { received: 0, accepted: 0 };
    const returned = answers.get(call.n);
    count.received += 1;
    if (returned === undefined || returned === 0 || returned === 4096) count.accepted += 1;
    counts.set(key, count);
    if (call.messageId !== '') seen.set(call.messageId, (seen.get(call.messageId) ?? 0) + 1);
  }
  return {
    calls,
    outcomes,
    incidents,
    bothSidesRunning: incidents.filter(({ kind }) => kind === 'both-sides-running'),
    count: (vm, method) => counts.get(`${vm} ${method}`) ?? { received: 0, accepted: 0 },
    repeated: (method) =>
      [...counts]
        .filter(([key, count]) => key.endsWith(` ${method}`) && count.accepted > 1)
        .map(([key]) => key.slice(0, -method.length - 1)),
    duplicateMessageIds: [...seen].filter(([, times]) => times > 1).map(([id]) => id),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `the ledger ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy: 'Check the path.' }, { cause });
  }
}

function parseLine(path: string, line: number, text: string): LedgerLine {
  try {
    return JSON.parse(text) as LedgerLine;
  } catch (cause) {
    const message = `${path}:${line}:1: not a line of a ledger`;
    throw new FailbackError(
      { class: 'permanent', code: 'usage.invalid', message, remedy: 'Only the simulator may write this file.' },
      { cause },
    );
  }
}
