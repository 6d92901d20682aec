import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { askYes, canAsk } from '../../src/cli/ask.ts';
import { commandHint } from '../../src/cli/command-hint.ts';
import type { Frame } from '../../src/cli/follow/frame.ts';
import { LineProgress } from '../../src/cli/follow/line-progress.ts';
import { LiveProgress } from '../../src/cli/follow/live-progress.ts';
import { LiveScreen } from '../../src/cli/follow/live-screen.ts';
import { RunModel } from '../../src/cli/follow/run-model.ts';
import { Interrupts } from '../../src/cli/interrupts.ts';
import type { CliIo } from '../../src/cli/io.ts';
import { createLog } from '../../src/cli/log.ts';
import { Output } from '../../src/cli/output.ts';

class Terminal extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;

  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function terminal(isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = new Terminal(isTTY);
  const stdout = new Terminal(isTTY);
  const io: CliIo = { stdin, stdout, stderr, onInterrupt: () => () => undefined };
  return { io, stdin, stdout, stderr };
}

describe('a question', () => {
  test.each([
    ['y\n', true],
    ['YES\n', true],
    ['n\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('answered %j is %s', async (answer, expected) => {
    const { io, stdin, stderr } = terminal();
    const answered = askYes({ io, interrupts: new Interrupts() }, 'Sure?');
    stdin.write(answer);
    expect(await answered).toBe(expected);
    expect(stderr.text).toContain('Sure? [y/N] ');
  });

  test('means no at the end of input and at an interrupt', async () => {
    const ended = terminal();
    const nobody = askYes({ io: ended.io, interrupts: new Interrupts() }, 'Sure?');
    ended.stdin.end();
    expect(await nobody).toBe(false);
    const interrupts = new Interrupts();
    const interrupted = askYes({ io: terminal().io, interrupts }, 'Sure?');
    interrupts.happen();
    expect(await interrupted).toBe(false);
  });

  test('is asked only where somebody can answer', () => {
    expect(canAsk({ io: terminal().io })).toBe(true);
    expect(canAsk({ io: terminal(false).io })).toBe(false);
  });
});

describe('output', () => {
  test.each([
    [{}, true, true],
    [{ NO_COLOR: '1' }, true, false],
    [{ CI: 'true' }, true, false],
    [{ TERM: 'dumb' }, true, false],
    [{}, false, false],
  ])('%j on a terminal %s draws %s', (env, isTTY, live) => {
    expect(new Output(terminal(isTTY).io, { json: false, color: true, env }).live).toBe(live);
  });

  test('with --no-color has neither colours nor drawings', () => {
    const { io, stderr } = terminal();
    const output = new Output(io, { json: false, color: false, env: {} });
    output.error('bad', 'do something');
    expect([output.live, stderr.text]).toEqual([false, 'error: bad\n  remedy: do something\n']);
  });

  test('log lines are JSON unless somebody reads them on a terminal', () => {
    const piped = terminal(false);
    createLog(new Output(piped.io, { json: false, color: true, env: {} }), false, undefined, 'warn').warn({ host: 'a' }, 'hm');
    expect(JSON.parse(piped.stderr.text)).toMatchObject({ level: 40, host: 'a', msg: 'hm' });
    const shown = terminal();
    const output = new Output(shown.io, { json: false, color: false, env: {} });
    createLog(output, true, 'info', 'warn').info({ failure: { message: 'evil \u001b[2J' } }, 'host');
    expect(shown.stderr.text).toMatch(/^\d\d:\d\d:\d\d info host failure="evil .*\n$/);
    expect(shown.stderr.text).not.toContain('\u001b[2J');
  });
});

describe('progress without a terminal', () => {
  const TROUBLE = {
    host: 'hv-1',
    since: 0,
    failure: { class: 'operator' as const, code: 'secret.missing' as const, message: 'env:PW is not set', remedy: 'Set PW.' },
  };
  const FRAME = {
    run: 'night',
    plan: 'p',
    state: 'running' as const,
    model: new RunModel(),
    startedAt: 0,
    now: 0,
    calls: {},
    noWorker: false,
    troubles: [TROUBLE],
    redisLost: false,
  };

  function told(troublesAreLogged: boolean, ...frames: readonly Frame[]): string {
    const { io, stderr } = terminal(false);
    const output = new Output(io, { json: false, color: true, env: {} });
    const progress = new LineProgress(output, commandHint({}, {}), troublesAreLogged);
    for (const frame of frames) progress.frame(frame);
    return stderr.text;
  }

  test('tells once that a host can not be used, with the remedy, and that it can again', () => {
    expect(told(false, FRAME, FRAME, { ...FRAME, troubles: [] })).toBe(
      'waiting: Host hv-1: env:PW is not set. Set PW.\nhost hv-1 answers again\n',
    );
  });

  test('leaves to the log what the log says', () => {
    expect(told(true, FRAME, { ...FRAME, troubles: [] })).toBe('');
  });

  test('gives the command that resumes a paused run, once', () => {
    const paused = { ...FRAME, state: 'paused' as const, troubles: [] };
    expect(told(false, paused, paused)).toBe('the run is paused, nothing is started until: failback resume night\n');
  });
});

describe('live progress', () => {
  test('hides the cursor while it draws, keeps other lines above, and gives the cursor back', () => {
    const { io, stderr } = terminal();
    const output = new Output(io, { json: false, color: true, env: {} });
    const progress = new LiveProgress(stderr, output, () => 1000, commandHint({}, {}));
    const model = new RunModel();
    model.add({ id: 'm0', vm: 'web', vmId: 'X', host: 'h', partner: null, strategy: 'provider', status: 'pending' });
    progress.frame({
      run: 'night',
      plan: 'p',
      state: 'running',
      model,
      startedAt: 0,
      now: 0,
      calls: {},
      noWorker: false,
      troubles: [],
      redisLost: false,
    });
    output.say('something else');
    const listeners = process.listenerCount('exit');
    progress.close();
    expect(stderr.text.startsWith('\u001b[?25l')).toBe(true);
    expect(stderr.text.endsWith('\u001b[?25h')).toBe(true);
    const [before = '', after = ''] = stderr.text.split('something else');
    expect(before).toContain('night');
    expect(after).toContain('night');
    expect(process.listenerCount('exit')).toBe(listeners - 1);
    output.say('done');
    expect(stderr.text.endsWith('done\n')).toBe(true);
  });
});

describe('the live screen', () => {
  /** A terminal of the given width after what was written to it: the rows with something on them. */
  function rowsOf(written: string, columns: number): string[] {
    const rows: string[] = [''];
    let row = 0;
    for (const [, up, code, text] of written.matchAll(/\p{Cc}\[(\d+)A|(\p{Cc}\[\??[\d;]*[A-Za-z]|\r|\n)|(\P{Cc}+)/gu)) {
      if (up !== undefined) row = Math.max(0, row - Number(up));
      else if (code === '\n') row += 1;
      else if (code === '\u001b[J') rows.length = row;
      else if (text !== undefined) {
        for (let from = 0; from < text.length; from += columns) {
          if (from > 0) row += 1;
          rows[row] = text.slice(from, from + columns);
        }
      }
      rows[row] ??= '';
    }
    return rows.filter((line) => line !== '');
  }

  test('replaces what it drew before, whatever was inserted in between, and keeps what stays', () => {
    const { stderr } = terminal();
    const screen = new LiveScreen(stderr, () => ({ columns: 20, rows: 10 }));
    screen.draw(['one', 'two', 'three']);
    screen.draw(['one', 'new', 'two', 'three']);
    screen.persist('stays');
    screen.draw(['one']);
    screen.persist('stays, too');
    screen.draw(['end']);
    expect(rowsOf(stderr.text, 20)).toEqual(['stays', 'stays, too', 'end']);
  });

  test('erases lines that were wrapped because the terminal became narrower', () => {
    const { stderr } = terminal();
    let columns = 20;
    const screen = new LiveScreen(stderr, () => ({ columns, rows: 10 }));
    screen.draw(['twenty characters ..', 'short']);
    const before = stderr.text.length;
    columns = 10;
    screen.draw(['ok']);
    expect(stderr.text.slice(before)).toContain('\u001b[3A');
  });

  test('writes nothing when nothing changed', () => {
    const { stderr } = terminal();
    const screen = new LiveScreen(stderr, () => ({ columns: 20, rows: 10 }));
    screen.draw(['same']);
    const written = stderr.text;
    screen.draw(['same']);
    expect(stderr.text).toBe(written);
  });
});
