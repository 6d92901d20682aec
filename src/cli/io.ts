/** A stream to write to; the last three are there when it is a terminal. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Everything the command line has of the process around it. */
export interface CliIo {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Hears of the first ctrl-C or SIGTERM, once. Returns an unsubscribe function. */
  onInterrupt(listener: () => void): () => void;
}
