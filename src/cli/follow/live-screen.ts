import stringWidth from 'string-width';
import type { OutputStream } from '../io.ts';
import type { ScreenSize } from './live-view.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Terminals that know it show everything in between at once; others ignore it. */
const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';
const ERASE_BELOW = '\u001b[J';

/**
 * The last lines of a terminal, drawn again and again. Lines must fit the terminal when they are drawn; when it was made narrower
 * since, they have been wrapped, which is taken into account when they are erased.
 */
export class LiveScreen {
  readonly #stream: OutputStream;
  readonly #size: () => ScreenSize;
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(stream: OutputStream, size: () => ScreenSize) {
    this.#stream = stream;
    this.#size = size;
    stream.write(HIDE_CURSOR);
  }

  draw(lines: readonly string[]): void {
    const { columns } = this.#size();
    if (columns === this.#columns && lines.length === this.#drawn.length && lines.every((line, n) => line === this.#drawn[n])) return;
    this.#stream.write(`${BEGIN_UPDATE}${this.#erase()}${lines.map((line) => `${line}\n`).join('')}${END_UPDATE}`);
    this.#drawn = lines;
    this.#columns = columns;
  }

  /** Writes text that stays, above what is drawn. */
  persist(text: string): void {
    const lines = this.#drawn;
    this.#stream.write(`${BEGIN_UPDATE}${this.#erase()}${text}\n${lines.map((line) => `${line}\n`).join('')}${END_UPDATE}`);
  }

  /** What is drawn stays; the cursor comes back. May be called again. */
  restore(): void {
    this.#stream.write(SHOW_CURSOR);
  }

  #erase(): string {
    const { columns, rows } = this.#size();
    const wrapped = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
    // What has left the screen at the top can not be reached any more.
    const up = Math.min(wrapped, rows - 1);
    return up === 0 ? '' : `\u001b[${up}A\r${ERASE_BELOW}`;
  }
}
