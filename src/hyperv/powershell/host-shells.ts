import { createHmac, randomBytes } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import type { PowerShellConnection } from './powershell-address.ts';
import { type Attempt, failureOfScript, failureOfShell, notSent, overdue, type Stage } from './script-failure.ts';
import { marked, type ScriptRequest } from './script-request.ts';
import { sealSecret } from './sealed-secret.ts';
import { createSessionPool, type PowerShellSession } from './session-pool.ts';
import { type Shell, ShellError, startShell } from './shell.ts';

/** What a resolver gives, at the moment a request needs it. */
export interface PowerShellCredentials {
  /** e.g. "CONTOSO\svc-failback" */
  readonly username: string;
  readonly password: string;
}

export interface HostShellsOptions {
  readonly host: string;
  readonly connection: PowerShellConnection;
  readonly executable: string;
  readonly credentials: (() => Promise<PowerShellCredentials>) | null;
  readonly authentication: string;
  /** The endpoint of the host that is asked instead of its CIM; null: none. */
  readonly configurationName: string | null;
  readonly sessions: number;
  readonly maxUses: number;
  readonly idleMs: number;
  readonly modules: readonly string[];
}

export interface ShellRequest {
  readonly operation: string;
  /** `performance.now()` value after which a change is not handed over any more; null for what has no effect. */
  readonly sendBy: number | null;
  /** Made for the clock of the shell it goes to. */
  readonly request: (shell: Shell) => ScriptRequest;
}

/** The PowerShell sessions of one host. */
export interface HostShells {
  /** @throws FailbackError for everything but an answer */
  ask(what: ShellRequest, call: Call): Promise<unknown>;
  /** Resolves credentials and starts a session, and says no word to the host. */
  prepare(call: Call): Promise<void>;
  close(): void;
}

/** A start has its own time: who waits for it may give up before, the next one finds it there. Milliseconds. */
const START_MS = 60_000;
/** Windows ends an operation on its own a little after its time; only then the process is killed. Milliseconds. */
const GRACE_MS = 3_000;

export function openShells(options: HostShellsOptions): HostShells {
  const { host, connection, executable, credentials, authentication, configurationName, modules } = options;
  const pool = createSessionPool({
    start: () => startShell({ executable, modules, secret: credentials !== null }, performance.now() + START_MS),
    size: options.sessions,
    maxUses: options.maxUses,
    idleMs: options.idleMs,
  });
  /** Tells credentials apart without keeping them. */
  const mark = randomBytes(32);

  async function resolve(): Promise<PowerShellCredentials | null> {
    if (credentials === null) return null;
    return credentials().catch((error: unknown) => {
      if (error instanceof FailbackError) throw error;
      throw missing(host);
    });
  }

  async function connect(
    { shell }: PowerShellSession,
    attempt: Attempt,
    logOn: PowerShellCredentials | null,
    deadline: number,
  ): Promise<void> {
    const answer = await shell.ask(
      {
        operation: 'connect',
        computerName: marked(connection.computerName),
        protocol: connection.protocol,
        port: connection.port,
        useSsl: connection.useSsl,
        authentication,
        configurationName: configurationName === null ? null : marked(configurationName),
        username: logOn === null ? null : marked(logOn.username),
        password: logOn === null || shell.key === null ? [] : sealSecret(shell.key, logOn.password),
        deadline: shell.clockOf(deadline),
      },
      deadline + GRACE_MS,
    );
    if ('failure' in answer) throw failureOfScript({ ...attempt, connecting: true }, answer.failure);
  }

  /** Lets `work` go on only for as long as somebody waits for it. */
  function within<T>(attempt: Attempt, call: Call, work: (turn: Turn) => Promise<T>): Promise<T> {
    const turn: Turn = { stage: 'waiting', abandoned: false };
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        turn.abandoned = true;
        reject(overdue(attempt, turn.stage));
      };
      const timer = setTimeout(giveUp, Math.min(Math.max(0, call.deadline - performance.now()), 2 ** 31 - 1));
      if (call.signal?.aborted) giveUp();
      call.signal?.addEventListener('abort', giveUp, { once: true });
      const settled = (): void => {
        clearTimeout(timer);
        call.signal?.removeEventListener('abort', giveUp);
      };
      work(turn).then(resolve, reject).finally(settled);
    });
  }

  async function explained<T>(attempt: Attempt, turn: Turn, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ShellError) throw failureOfShell(attempt, error, turn.stage === 'asked');
      throw error;
    }
  }

  async function onSession<T>(urgent: boolean, work: (session: PowerShellSession) => Promise<T>): Promise<T> {
    const session = await pool.take(urgent);
    try {
      return await work(session);
    } finally {
      pool.give(session);
    }
  }

  async function askIn(
    session: PowerShellSession,
    turn: Turn,
    attempt: Attempt,
    logOn: PowerShellCredentials | null,
    what: ShellRequest,
    call: Call,
  ): Promise<unknown> {
    const identity = createHmac('sha256', mark).update(JSON.stringify(logOn)).digest('base64');
    if (turn.abandoned) throw notSent(attempt, 'was not asked any more');
    if (session.connectedAs !== identity) {
      turn.stage = 'connecting';
      session.connectedAs = null;
      await connect(session, attempt, logOn, call.deadline);
      session.connectedAs = identity;
    }
    // Looks and hands over in one turn of the event loop.
    if (turn.abandoned || performance.now() > (what.sendBy ?? call.deadline)) throw notSent(attempt, 'had to be asked sooner');
    turn.stage = 'asked';
    const answer = await session.shell.ask(what.request(session.shell), call.deadline + GRACE_MS);
    if ('value' in answer) return answer.value;
    const failure = failureOfScript(attempt, answer.failure);
    if (!AFTER_AN_ANSWER.includes(failure.code)) session.connectedAs = null;
    throw failure;
  }

  return {
    ask(what, call) {
      const attempt: Attempt = { host, operation: what.operation, change: what.sendBy !== null, connecting: false };
      return within(attempt, call, async (turn) => {
        const logOn = await resolve();
        return explained(attempt, turn, () => onSession(attempt.change, (session) => askIn(session, turn, attempt, logOn, what, call)));
      });
    },
    prepare(call) {
      const attempt: Attempt = { host, operation: 'any request', change: false, connecting: false };
      return within(attempt, call, async (turn) => {
        await resolve();
        await explained(attempt, turn, () => pool.ready());
      });
    },
    close: () => pool.close(),
  };
}

/** Failures that the host itself told of: its connection is as good as before. */
const AFTER_AN_ANSWER: readonly string[] = ['host.not-found', 'host.forbidden', 'host.no-hyperv', 'host.not-sent'];

interface Turn {
  /** `asked`: the operation itself was given to a shell. */
  stage: Stage;
  /** Nobody waits any more. */
  abandoned: boolean;
}

function missing(host: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'secret.missing',
    message: `The credentials of host ${host} could not be read`,
    remedy: 'Check the credential references of the plan on the machine where the worker runs.',
    details: { host, sent: false },
  });
}
