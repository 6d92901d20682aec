import { setTimeout as sleep } from 'node:timers/promises';

/**
 * While there is much to do, calls that are not full begin on the ticks of one clock, milliseconds: few large ones cost less than many small ones, and
 * those of all batches leave in one write.
 */
const TICK_MS = 4;

/**
 * Collects what becomes ready while a call is in flight and sends it as the next call: one round trip and one script for
 * many transitions. What comes alone, after a call that carried one item, does not wait.
 */
export class Batch<Item, Result> {
  readonly #send: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #largest: number;
  #waiting: { readonly item: Item; readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void }[] = [];
  #sending = false;
  /** The last call carried several items. */
  #busy = false;

  /**
   * @param send returns one result per item, in order; when it throws, every item of the call fails with that error
   * @param largest most items in one call
   */
  constructor(send: (items: readonly Item[]) => Promise<readonly Result[]>, largest = 64) {
    this.#send = send;
    this.#largest = largest;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#sending) {
        this.#sending = true;
        // Everything that becomes ready in the same turn of the event loop goes along.
        queueMicrotask(() => void this.#drain());
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#busy && this.#waiting.length < this.#largest) await sleep(Math.ceil(TICK_MS - (performance.now() % TICK_MS)));
      const call = this.#waiting.splice(0, this.#largest);
      this.#busy = call.length > 1;
      try {
        const results = await this.#send(call.map(({ item }) => item));
        call.forEach(({ resolve }, n) => {
          resolve(results[n] as Result);
        });
      } catch (error) {
        for (const { reject } of call) reject(error);
      }
    }
    this.#sending = false;
  }
}
