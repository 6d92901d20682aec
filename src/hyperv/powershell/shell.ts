import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PowerShell } from 'node-powershell';
import { AnswerRefused, readOpened, readScriptAnswer, type ScriptAnswer } from './script-answer.ts';
import { marked, type ScriptRequest } from './script-request.ts';
import type { PublicKey } from './sealed-secret.ts';

export interface ShellOptions {
  /** A program on the PATH, or a path. */
  readonly executable: string;
  /** Modules to import beside what PowerShell finds by itself; paths or names. */
  readonly modules: readonly string[];
  /** Make a key that a password can be sealed with. */
  readonly secret: boolean;
}

/** One PowerShell process with our script in it. Takes one request at a time. */
export interface Shell {
  /** Null when no password is to be sealed. */
  readonly key: PublicKey | null;
  /** False when its process has ended, or was made to. */
  readonly alive: boolean;
  /** A `performance.now()` value on the clock of the script; never later than that, earlier by what the quickest answer took to arrive. */
  clockOf(moment: number): number;
  /**
   * Hands a request over in the same turn of the event loop.
   * @param deadline `performance.now()` value at which the process is killed, with all it started
   * @throws ShellError
   */
  ask(request: ScriptRequest, deadline: number): Promise<ScriptAnswer>;
  kill(): void;
}

/** The shell gave no answer: whatever was asked may have been done. Carries nothing of what was asked. */
export class ShellError extends Error {
  override readonly name = 'ShellError';
  readonly trouble: 'not-started' | 'ended' | 'killed' | 'unreadable';

  constructor(trouble: ShellError['trouble']) {
    super(`PowerShell: ${trouble}`);
    this.trouble = trouble;
  }
}

const SCRIPT = fileURLToPath(new URL('./operations.ps1', import.meta.url));

/** Starts PowerShell and loads the script. @throws ShellError */
export async function startShell({ executable, modules, secret }: ShellOptions, deadline: number): Promise<Shell> {
  const shell = new PowerShell({
    executable,
    executableOptions: { '-NoProfile': true, '-NonInteractive': true, '-ExecutionPolicy': 'Bypass' },
    spawnOptions: { env: environment(), windowsHide: true },
    throwOnInvocationError: false,
  });
  // A process that has ended breaks the pipe; its end is noticed elsewhere.
  shell.streams.stdin.on('error', () => undefined);
  let alive = true;
  let processId: number | null = null;
  /** Script's clock minus ours, as far as answers prove it: each arrived after it was written, the quickest tells most. */
  let offset = Number.NEGATIVE_INFINITY;
  // Its number may soon be somebody else's.
  shell.streams.stdout.once('close', () => {
    alive = false;
  });

  function kill(): void {
    if (!alive) return;
    alive = false;
    const end = (): void => void shell.dispose('SIGKILL').catch(() => undefined);
    if (processId === null) end();
    else killTree(processId, end);
  }

  async function ask(request: ScriptRequest, until: number, before = ''): Promise<ScriptAnswer> {
    if (!alive) throw new ShellError('ended');
    const marker = randomBytes(16).toString('hex');
    const call = `${before}Invoke-FailbackRequest '${encoded({ ...request, marker })}'`;
    let overdue = false;
    const timer = setTimeout(
      () => {
        overdue = true;
        kill();
      },
      Math.min(Math.max(0, until - performance.now()), 2 ** 31 - 1),
    );
    try {
      const { stdout } = await shell.invoke(call);
      const answer = between(stdout?.toString('utf8') ?? '', marker);
      if (answer !== null) {
        const read = readScriptAnswer(Buffer.from(answer, 'base64').toString('utf16le'));
        offset = Math.max(offset, read.clock - performance.now());
        return read;
      }
      if (stdout !== undefined && !overdue) throw new ShellError('unreadable');
      throw new ShellError(overdue ? 'killed' : 'ended');
    } catch (error) {
      kill();
      if (error instanceof ShellError) throw error;
      if (error instanceof AnswerRefused) throw new ShellError('unreadable');
      throw new ShellError(overdue ? 'killed' : 'ended');
    } finally {
      clearTimeout(timer);
      // It keeps every command and all output.
      shell.history.length = 0;
    }
  }

  const load = `. ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${Buffer.from(SCRIPT, 'utf8').toString('base64')}'))); `;
  const open: ScriptRequest = { operation: 'open', modules: modules.map(marked), secret };
  const opened = readOpened(await ask(open, deadline, load).catch(notStarted));
  if (opened === null) {
    kill();
    throw new ShellError('not-started');
  }
  processId = opened.process;
  return {
    key: opened.key,
    get alive() {
      return alive;
    },
    clockOf: (moment) => moment + offset,
    ask: (request, until) => ask(request, until),
    kill,
  };
}

function notStarted(error: unknown): never {
  if (error instanceof ShellError && error.trouble !== 'killed') throw new ShellError('not-started');
  throw error;
}

/**
 * Base64 of UTF-8: letters, digits and `+/=`, so nothing of a value can end the quotes, and no code page matters. Halves of surrogate
 * pairs are escapes in JSON.
 */
function encoded(request: ScriptRequest & { readonly marker: string }): string {
  return Buffer.from(JSON.stringify(request), 'utf8').toString('base64');
}

/** The text between two markers; null when they are not there. Whatever else was written stands outside. */
function between(output: string, marker: string): string | null {
  const start = output.indexOf(marker);
  const end = output.indexOf(marker, start + marker.length);
  return start < 0 || end < 0 ? null : output.slice(start + marker.length, end);
}

/**
 * What Windows, .NET and Kerberos need of an environment. Nothing else goes along: secrets of other hosts may be in it, and modules of another
 * PowerShell, whose path a parent process may have left behind, would be taken for its own.
 */
const INHERITED =
  /^(path|pathext|home|homedrive|homepath|userprofile|username|userdomain|userdnsdomain|logonserver|computername|systemroot|systemdrive|windir|comspec|os|temp|tmp|tmpdir|appdata|localappdata|programdata|allusersprofile|public|(common)?program(files|w6432)(\(x86\))?|processor_\w+|number_of_processors|lang|lc_\w+|tz|xdg_\w+|dotnet_\w+|krb5\w+|ssl_cert_\w+)$/i;

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1', POWERSHELL_TELEMETRY_OPTOUT: '1', POWERSHELL_UPDATECHECK: 'Off' };
}

/** PowerShell as a .NET tool is a child of the program that was started, which would not take it along. */
function killTree(processId: number, afterwards: () => void): void {
  if (process.platform === 'win32') {
    const killer = spawn('taskkill', ['/PID', String(processId), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    killer.once('exit', afterwards);
    killer.once('error', afterwards);
    return;
  }
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  afterwards();
}
