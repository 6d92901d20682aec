import type { JournalEntry } from '../../runtime/journal.ts';
import type { RunId } from '../../runtime/keys.ts';
import type { Output } from '../output.ts';
import type { Progress } from './progress.ts';
import type { FollowedMember } from './run-model.ts';
import { transitionObject } from './transition-line.ts';

/** Every transition of a member as a JSON line on stdout. */
export class JsonProgress implements Progress {
  readonly #output: Output;
  readonly #run: RunId;

  constructor(output: Output, run: RunId) {
    this.#output = output;
    this.#run = run;
  }

  transition(entry: JournalEntry, member: FollowedMember | undefined): void {
    if (member) this.#output.emit(transitionObject(this.#run, member, entry));
  }

  frame(): void {
    // Lines only.
  }

  close(): void {
    // Nothing is held.
  }
}
