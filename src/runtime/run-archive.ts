import { type ArchiveLine, readLines, unreadable } from './archive-file.ts';
import type { StatusCounts } from './committer.ts';
import { type JournalEntry, parseEntry } from './journal.ts';
import { type InstanceId, memberId, type RunId } from './keys.ts';
import { decodeRow } from './row.ts';
import { decodeInput, type RunRecord } from './run-record.ts';
import { type MemberView, type RunState, type RunView, type RunViews, type StoredProgress, viewOf } from './run-view.ts';

/** What people read of a run that has ended: Redis has it, or an archive. */
export type RunSource = Pick<RunViews, 'run' | 'members' | 'journal'>;

/** First line of an archive. Rows, inputs and entries are kept as they are stored, so newer builds bring them up as they do in Redis. */
export interface ArchiveHead extends ArchiveLine {
  readonly type: 'archive';
  readonly version: 1;
  readonly run: RunId;
  /** Tells runs of one name apart. */
  readonly creation: string;
  /** ms since the epoch */
  readonly archivedAt: number;
  readonly record: RunRecord;
  /** Row of the run's own lifecycle. */
  readonly row: string;
  readonly counts: StatusCounts;
  /** Calls that are known to have reached hosts, by effect. */
  readonly calls: RunView['calls'];
}

export interface ArchivedMember extends ArchiveLine, StoredProgress {
  readonly type: 'member';
  readonly id: InstanceId;
  readonly input: string;
  readonly row: string;
}

export interface ArchivedEntry extends ArchiveLine {
  readonly type: 'entry';
  readonly position: string;
  readonly fields: readonly string[];
}

/** Last line: who finds it has read everything. */
export interface ArchiveEnd extends ArchiveLine {
  readonly type: 'end';
  readonly members: number;
  readonly entries: number;
}

type Line = ArchiveHead | ArchivedMember | ArchivedEntry | ArchiveEnd;

/** A run in the file of an archive. Every method reads it anew and keeps nothing of it. */
export class RunArchive implements RunSource {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** @throws FailbackError `archive.unreadable` */
  async head(): Promise<ArchiveHead> {
    for await (const line of this.#lines()) if (line.type === 'archive') return line;
    throw unreadable(this.file, 'it is empty');
  }

  /**
   * Reads all of it.
   * @throws FailbackError `archive.unreadable` when it is not whole, or not in order
   */
  async check(): Promise<ArchiveEnd> {
    let members = 0;
    let entries = 0;
    let end: ArchiveEnd | undefined;
    for await (const line of this.#lines()) {
      if (end !== undefined) throw unreadable(this.file, 'it goes on behind its end');
      if (line.type === 'member' && line.id !== memberId(members++)) throw unreadable(this.file, `${line.id} is not where it belongs`);
      if (line.type === 'entry') entries++;
      if (line.type === 'end') end = line;
    }
    if (end?.members === members && end.entries === entries) return end;
    throw unreadable(this.file, `it has ${members} members and ${entries} journal entries, and ${end ? 'counts others' : 'no end'}`);
  }

  async run(): Promise<RunView> {
    const { record, row, counts, calls, run } = await this.head();
    return { record, counts, calls, state: decodeRow(row, run).row.value as RunState };
  }

  async *members(): AsyncGenerator<MemberView> {
    let record: RunRecord | undefined;
    for await (const line of this.#lines()) {
      if (line.type === 'archive') record = line.record;
      if (line.type === 'entry') return;
      if (line.type === 'member' && record) yield viewOf(line.id, line.row, decodeInput(line.input, record), line, record.run);
    }
  }

  async *journal(): AsyncGenerator<JournalEntry> {
    for await (const line of this.#lines()) if (line.type === 'entry') yield parseEntry(line.position, line.fields);
  }

  async *#lines(): AsyncGenerator<Line> {
    let first = true;
    for await (const line of readLines(this.file)) {
      const { type, version } = line as Partial<ArchiveHead>;
      if (first && type !== 'archive') throw unreadable(this.file, 'it is something else');
      if (first && version !== 1) throw unreadable(this.file, `it has version ${version}, which this release does not know`);
      first = false;
      yield line as Line;
    }
  }
}
