import { createLogUpdate } from 'log-update';
import type { OutputStream } from '../io.ts';
import type { LiveArea, Output } from '../output.ts';
import type { Frame } from './frame.ts';
import { liveView } from './live-view.ts';
import type { Progress } from './progress.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const REDRAW_MS = 250;

/** A picture of the run on a terminal, drawn again when something changed, the clock ticked, or the terminal changed its size. */
export class LiveProgress implements Progress, LiveArea {
  readonly #stream: OutputStream;
  readonly #output: Output;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  readonly #redraw = (): void => this.#show();
  #frame: Frame | null = null;

  constructor(stream: OutputStream, output: Output, now: () => number) {
    this.#stream = stream;
    this.#output = output;
    this.#now = now;
    this.#draw = createLogUpdate(stream, { showCursor: true });
    this.#timer = setInterval(this.#redraw, REDRAW_MS);
    stream.write(HIDE_CURSOR);
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
    this.#draw.clear();
    this.#stream.write(`${text}\n`);
    this.#show();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stream.removeListener('resize', this.#redraw);
    this.#output.attach(null);
    this.#draw.done();
    this.#stream.write('\n');
    process.removeListener('exit', this.#restore);
    this.#restore();
  }

  #show(): void {
    if (this.#frame === null) return;
    const frame = { ...this.#frame, now: this.#now() };
    this.#draw(liveView(frame, this.#output.size, this.#output.sideColors).join('\n'));
  }

  readonly #restore = (): void => {
    this.#stream.write(SHOW_CURSOR);
  };
}
