import { type Shell, ShellError } from './shell.ts';

/** A shell, and as whom its CIM session is logged on to the host. */
export interface PowerShellSession {
  readonly shell: Shell;
  /** What {@link SessionPool} knows nothing of; null: not connected. */
  connectedAs: string | null;
  uses: number;
  idleSince: number;
}

export interface SessionPool {
  /**
   * Waits for a session; who is urgent comes first. Whoever took one gives it back.
   * @throws ShellError when none can be started
   */
  take(urgent: boolean): Promise<PowerShellSession>;
  /** Waits until there is a session, whoever has it. @throws ShellError as `take` */
  ready(): Promise<void>;
  give(session: PowerShellSession): void;
  close(): void;
}

export interface SessionPoolOptions {
  readonly start: () => Promise<Shell>;
  readonly size: number;
  /** Requests after which a session is replaced: nothing that a process gathers over time may matter. */
  readonly maxUses: number;
  /** Milliseconds after which a session nobody uses is ended. */
  readonly idleMs: number;
}

/** A session that was idle for so long is asked whether it still answers; it has the other time for that. Milliseconds. */
const CHECK_AFTER_MS = 30_000;
const CHECK_MS = 5_000;

interface Waiter {
  readonly resolve: (session: PowerShellSession) => void;
  readonly reject: (error: unknown) => void;
}

/** Sessions are started when somebody waits for one, not more than `size` at a time. */
export function createSessionPool({ start, size, maxUses, idleMs }: SessionPoolOptions): SessionPool {
  const all = new Set<PowerShellSession>();
  const idle: PowerShellSession[] = [];
  const waiting = { urgent: [] as Waiter[], others: [] as Waiter[] };
  let starting = 0;
  let closed = false;
  let sweep: NodeJS.Timeout | undefined;

  const waiters = (): number => waiting.urgent.length + waiting.others.length;
  const endOf = ({ idleSince }: PowerShellSession): number => idleSince + idleMs;
  const next = (): Waiter | undefined => waiting.urgent.shift() ?? waiting.others.shift();

  function end(session: PowerShellSession): void {
    session.shell.kill();
    all.delete(session);
  }

  function refuse(error: unknown): void {
    for (let waiter = next(); waiter !== undefined; waiter = next()) waiter.reject(error);
  }

  function open(): void {
    starting += 1;
    start().then(
      (shell) => {
        starting -= 1;
        const session = { shell, connectedAs: null, uses: 0, idleSince: performance.now() };
        all.add(session);
        if (closed) end(session);
        else idle.push(session);
        serve();
      },
      (error: unknown) => {
        starting -= 1;
        // With another session at work nobody is left without one; the next who comes has it tried again.
        if (all.size === 0) refuse(error);
      },
    );
  }

  function serve(): void {
    while (idle.length > 0 && waiters() > 0) {
      const session = idle.pop() as PowerShellSession;
      if (!session.shell.alive) end(session);
      else if (performance.now() - session.idleSince > CHECK_AFTER_MS) void check(session);
      else next()?.resolve(session);
    }
    while (!closed && waiters() > starting && all.size + starting < size) open();
    clearTimeout(sweep);
    if (idle.length > 0) sweep = setTimeout(endIdle, Math.min(...idle.map(endOf)) - performance.now()).unref();
  }

  async function check(session: PowerShellSession): Promise<void> {
    try {
      await session.shell.ask({ operation: 'ping' }, performance.now() + CHECK_MS);
      session.idleSince = performance.now();
      idle.push(session);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      end(session);
    }
    serve();
  }

  function endIdle(): void {
    for (const session of idle.splice(0)) {
      if (endOf(session) <= performance.now()) end(session);
      else idle.push(session);
    }
    serve();
  }

  function take(urgent: boolean): Promise<PowerShellSession> {
    if (closed) return Promise.reject(new ShellError('ended'));
    return new Promise((resolve, reject) => {
      (urgent ? waiting.urgent : waiting.others).push({ resolve, reject });
      serve();
    });
  }

  function giveBack(session: PowerShellSession): void {
    if (closed || !session.shell.alive || session.uses >= maxUses) end(session);
    else idle.push(session);
    serve();
  }

  return {
    take,
    async ready() {
      if (![...all].some(({ shell }) => shell.alive)) giveBack(await take(true));
    },
    give(session) {
      session.uses += 1;
      session.idleSince = performance.now();
      giveBack(session);
    },
    close() {
      closed = true;
      clearTimeout(sweep);
      refuse(new ShellError('ended'));
      for (const session of all) end(session);
    },
  };
}
