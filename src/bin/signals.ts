const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTERRUPTED = 130;

/**
 * The first ctrl-C or SIGTERM is told to the listeners, the second ends the process at once.
 * @returns function that adds a listener
 */
export function listenToSignals(): (listener: () => void) => () => void {
  const listeners = new Set<() => void>();
  let happened = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (happened) process.exit(INTERRUPTED);
      happened = true;
      for (const listener of listeners) listener();
    });
  }
  // Whoever read our output has gone: end like an interrupt, and never trip over it again.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' || happened) return;
      happened = true;
      for (const listener of listeners) listener();
    });
  }
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}
