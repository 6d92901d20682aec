import type { CommandHint } from '../command-hint.ts';
import type { OutputStream } from '../io.ts';
import type { LiveArea, Output } from '../output.ts';
import type { Frame } from './frame.ts';
import { LiveScreen } from './live-screen.ts';
import { liveView } from './live-view.ts';
import type { Progress } from './progress.ts';

const REDRAW_MS = 250;

/** A picture of the run on a terminal, drawn again when something changed, the clock ticked, or the terminal changed its size. */
export class LiveProgress implements Progress, LiveArea {
  readonly #stream: OutputStream;
  readonly #output: Output;
  readonly #screen: LiveScreen;
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  readonly #command: CommandHint;
  readonly #redraw = (): void => this.#show();
  readonly #restore = (): void => this.#screen.restore();
  #frame: Frame | null = null;

  constructor(stream: OutputStream, output: Output, now: () => number, command: CommandHint) {
    this.#stream = stream;
    this.#output = output;
    this.#now = now;
    this.#command = command;
    this.#screen = new LiveScreen(stream, () => output.size);
    this.#timer = setInterval(this.#redraw, REDRAW_MS);
    stream.on('resize', this.#redraw);
    // The cursor comes back however the process ends.
    process.once('exit', this.#restore);
    output.attach(this);
  }

  transition(): void {
    // The next frame shows it.
  }

  frame(frame: Frame): void {
    this.#frame = frame;
    this.#show();
  }

  persist(text: string): void {
    this.#screen.persist(text);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#show();
    this.#stream.removeListener('resize', this.#redraw);
    process.removeListener('exit', this.#restore);
    this.#output.attach(null);
    this.#stream.write('\n');
    this.#screen.restore();
  }

  #show(): void {
    if (this.#frame === null) return;
    const frame = { ...this.#frame, now: this.#now() };
    this.#screen.draw(liveView(frame, this.#output.size, this.#command, this.#output.sideColors));
  }
}
