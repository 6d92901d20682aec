import type { RunId } from './keys.ts';

/** Work for runs in rounds, until one finds nothing more to do; never two at a time for one run. */
export class Rounds {
  readonly #round: (run: RunId) => Promise<number>;
  readonly #running = new Map<RunId, Promise<void>>();
  readonly #again = new Set<RunId>();

  /** @param round returns how much it found to do */
  constructor(round: (run: RunId) => Promise<number>) {
    this.#round = round;
  }

  /** Does what there is to do now. Calls while it works make it look once more. */
  go(run: RunId): Promise<void> {
    const running = this.#running.get(run);
    if (running !== undefined) {
      this.#again.add(run);
      return running;
    }
    const work = this.#work(run).finally(() => this.#running.delete(run));
    this.#running.set(run, work);
    return work;
  }

  async #work(run: RunId): Promise<void> {
    do {
      this.#again.delete(run);
      while ((await this.#round(run)) > 0);
    } while (this.#again.has(run));
  }
}
