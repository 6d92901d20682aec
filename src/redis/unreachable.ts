import { FailbackError } from '../domain/failure.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'it does not answer',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
};

/** What the client says of a connection that is over, whatever ended it. */
const CLOSED = 'Connection is closed.';
/** Of a Sentinel or a node the client does not say more. */
const SHUT = 'the connection is refused or closed';
/** How the client ends its complaint about bytes that are no Redis answer. */
const NOT_REDIS = /Please report this\.$/;
/** What the client says when it has tried every Sentinel or node: that it failed, not why. */
const GAVE_UP =
  /^(All sentinels are unreachable|None of startup nodes|Failed to refresh slots cache|Too many Cluster redirections|Command timed out|Cluster is ended)/;
const LOGON_REFUSED = /^(WRONGPASS|NOAUTH|ERR invalid password|ERR AUTH)/;

/** Why one Redis cannot be used, collected from the connection's `error` events. Holds no credential. */
export class Unreachable {
  readonly #server: string;
  #reason: string | undefined;
  #logonRefused = false;

  /** @param server what the address names, for people */
  constructor(server: string) {
    this.#server = server;
  }

  /** The server answered and refused us: waiting longer cannot help. */
  get isFinal(): boolean {
    return this.#logonRefused;
  }

  remember(error: unknown): void {
    if (error instanceof FailbackError || !(error instanceof Error) || GAVE_UP.test(error.message)) return;
    this.#logonRefused = LOGON_REFUSED.test(error.message);
    this.#reason = this.#logonRefused ? 'user name or password refused' : reasonOf(error);
  }

  /** Errors of the connection become `redis.unreachable`; what Redis answered to a command stays as it is. */
  translate(error: Error): Error {
    if (error instanceof FailbackError || !isConnectionError(error)) return error;
    if (error.message !== CLOSED) this.remember(error);
    return this.failure();
  }

  failure(): FailbackError {
    return new FailbackError({
      class: 'operator',
      code: 'redis.unreachable',
      message: `Redis at ${this.#server} cannot be reached: ${this.#reason ?? 'it does not answer'}`,
      remedy: this.#logonRefused
        ? 'Correct the user name and the password in the Redis address (--redis or FAILBACK_REDIS_URL).'
        : 'Start Redis there, or name another server with --redis or FAILBACK_REDIS_URL.',
    });
  }
}

function isConnectionError(error: Error): boolean {
  if (error.name === 'ReplyError') return LOGON_REFUSED.test(error.message);
  return (
    error.message === CLOSED ||
    GAVE_UP.test(error.message) ||
    error.name === 'AbortError' ||
    NOT_REDIS.test(error.message) ||
    codeOf(error) !== undefined
  );
}

function reasonOf(error: Error): string {
  const sentinel = /^(?:failed to connect to|connected to) sentinel (\S+) (.*)$/s.exec(error.message);
  if (sentinel !== null) return reasonOfSentinel(sentinel[1] ?? '', sentinel[2] ?? '');
  if (error.message === CLOSED) return SHUT;
  if (NOT_REDIS.test(error.message)) return 'something else than Redis answers there';
  const code = codeOf(error);
  return code === undefined ? error.message : (WORDS[code] ?? `${error.message} (${code})`);
}

function reasonOfSentinel(sentinel: string, answer: string): string {
  if (/invalid reply|No such master/.test(answer)) return `the Sentinel at ${sentinel} knows no primary of that name`;
  if (/NOAUTH/.test(answer)) return `the Sentinel at ${sentinel} wants a password, which is not supported`;
  const word = answer.includes(CLOSED) ? SHUT : Object.entries(WORDS).find(([code]) => answer.includes(code))?.[1];
  return `the Sentinel at ${sentinel} cannot be asked: ${word ?? answer.replace(/^because /, '')}`;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
