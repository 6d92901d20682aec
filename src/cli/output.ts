import picocolors from 'picocolors';
import { printable, printableLines } from '../report/printable.ts';
import type { CliIo } from './io.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** A part of the screen that is drawn again and again, and must give way to lines that stay. */
export interface LiveArea {
  /** Writes whole lines above the area. */
  persist(text: string): void;
}

export interface OutputOptions {
  readonly json: boolean;
  /** False: no colours and no live progress, whatever the terminal can. */
  readonly color: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** JSON leaves these as they are, a terminal that shows the line does not. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Results go to stdout, everything else to stderr; with `--json` stdout holds nothing but JSON lines. */
export class Output {
  readonly json: boolean;
  /** Colours of stdout. */
  readonly colors: Colors;
  /** Colours of stderr. */
  readonly sideColors: Colors;
  /** Whether stderr is a terminal that may be drawn on. */
  readonly live: boolean;
  readonly #io: CliIo;
  #area: LiveArea | null = null;

  constructor(io: CliIo, options: OutputOptions) {
    const { env } = options;
    const plain = !options.color || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
    this.#io = io;
    this.json = options.json;
    this.colors = picocolors.createColors(!plain && io.stdout.isTTY === true);
    this.sideColors = picocolors.createColors(!plain && io.stderr.isTTY === true);
    this.live = !plain && io.stderr.isTTY === true && !env.CI;
  }

  /** Size of the terminal behind stderr. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#io.stderr.columns || 100, rows: this.#io.stderr.rows || 30 };
  }

  /** A result for people; nothing with `--json`. The text is trusted to be sanitised. */
  print(text = ''): void {
    if (!this.json) this.#io.stdout.write(`${text}\n`);
  }

  /** A result for machines; nothing without `--json`. */
  emit(value: object): void {
    if (this.json) this.#io.stdout.write(`${jsonLine(value)}\n`);
  }

  /** Text that is itself the result, such as a report. */
  write(text: string): void {
    this.#io.stdout.write(text);
  }

  /** Progress, questions and advice: stderr. The text is trusted to be sanitised. */
  say(text = ''): void {
    if (this.#area) this.#area.persist(text);
    else this.#io.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.say(`${this.sideColors.yellow('warning:')} ${printable(text)}`);
  }

  error(message: string, remedy?: string): void {
    this.say(`${this.sideColors.red('error:')} ${printableLines(message)}`);
    if (remedy !== undefined) this.say(`  ${this.sideColors.bold('remedy:')} ${printableLines(remedy)}`);
  }

  /** From now on lines of {@link say} go above `area`; null ends that. */
  attach(area: LiveArea | null): void {
    this.#area = area;
  }
}

/** One line of JSON that shows nothing but what it says when a terminal prints it. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(UNSAFE_IN_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
