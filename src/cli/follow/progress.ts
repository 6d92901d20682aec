import type { JournalEntry } from '../../runtime/journal.ts';
import type { Frame } from './frame.ts';
import type { FollowedMember } from './run-model.ts';

/** One way to show how a run goes on. */
export interface Progress {
  /** Hears of every transition once, in order; `member` is undefined for the run's own lifecycle. */
  transition(entry: JournalEntry, member: FollowedMember | undefined): void;
  /** Hears regularly how things stand. */
  frame(frame: Frame): void;
  close(): void;
}
