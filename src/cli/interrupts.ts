/**
 * Ctrl-C and SIGTERM, as a command sees them. A command that holds something others wait for (a worker, a server) listens and ends
 * by itself; any other is left where it is.
 */
export class Interrupts {
  readonly #listeners = new Set<() => void>();
  #happened = false;

  get happened(): boolean {
    return this.#happened;
  }

  /** Tells everybody. @returns whether anybody listened */
  happen(): boolean {
    this.#happened = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
    return listeners.length > 0;
  }

  /** @param listener called once; at once when the interrupt has happened already. @returns unsubscribe function */
  listen(listener: () => void): () => void {
    if (this.#happened) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the interrupt happens. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.listen(resolve);
    });
  }
}
