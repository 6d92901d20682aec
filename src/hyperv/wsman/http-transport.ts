import type { SecureOptions } from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Endpoint } from './endpoint.ts';
import { exchange, type Limits, late, NO_CONNECTION, timerDelay } from './http-exchange.ts';
import type { LogOn } from './log-on/log-on.ts';
import { type PostedAnswer, postAs } from './log-on/post-as.ts';
import type { ReadyLogOn } from './log-on/ready-log-on.ts';
import { parseFingerprint, type TlsTrust, tlsOptions } from './tls-trust.ts';
import { type BrokenExchange, TransportError } from './transport-failure.ts';

export interface HttpRequest extends Limits {
  readonly message: Buffer;
  readonly logOn: ReadyLogOn;
  /** It may be sent again after somebody said that it was not carried out, whoever that was. */
  readonly repeatable: boolean;
}

/** One exchange. @throws TransportError */
export type Post = (request: HttpRequest) => Promise<PostedAnswer>;

export interface HttpTransport {
  /** Makes ready to post, without connecting. @throws FailbackError when a certificate or authority cannot be read */
  open(): Promise<Post>;
  /** Closes connections that nobody uses: after one of them turned out to be dead. */
  dropIdle(): void;
  /** Closes all connections, also those in use. */
  close(): void;
}

export interface HttpTransportOptions {
  /** Connections at a time; further requests wait. */
  readonly maxSockets: number;
  /** Largest body of an answer, bytes. */
  readonly maxAnswerBytes: number;
  readonly trust: TlsTrust;
  readonly logOn: LogOn;
}

/** A pool of connections to one host. Opens none before the first request. */
export function createHttpTransport(endpoint: Endpoint, options: HttpTransportOptions): HttpTransport {
  const fingerprint = options.trust.fingerprint === undefined ? null : parseFingerprint(endpoint.name, options.trust.fingerprint);
  const pool = new ConnectionPool(endpoint, options.maxSockets);
  let secure: SecureOptions | null = null;

  function post(request: HttpRequest): Promise<PostedAnswer> {
    return untilSent(request, (signal, leaving) =>
      pool.use(secure, signal, (connection) => {
        const { deadline, sendBy } = request;
        const base = { endpoint, connection, maxAnswerBytes: options.maxAnswerBytes };
        const beforehand = { deadline: Math.min(deadline, sendBy ?? deadline), sendBy: null, signal };
        return postAs(
          {
            logOn: request.logOn,
            connection,
            ask: (empty) => exchange({ ...base, post: empty, limits: beforehand }),
            post: (message) => {
              leaving();
              return exchange({ ...base, post: message, limits: request });
            },
          },
          request.message,
        );
      }),
    );
  }

  return {
    async open() {
      if (endpoint.encrypted) secure ??= { tls: await tlsOptions(endpoint.name, options.trust, options.logOn), fingerprint };
      return async (request) => {
        const answer = await post(request);
        if (!answer.forgotten || !(answer.authentic || request.repeatable)) return answer;
        pool.dropIdle();
        return post(request);
      };
    },
    dropIdle: () => pool.dropIdle(),
    close: () => pool.close(),
  };
}

/**
 * Does work that leads to a request, and gives up what goes before it when there is no time left for the request.
 * @param work gets a signal for what it does before, and calls `leaving` at the moment from which on the request keeps its limits itself
 */
function untilSent<T>(limits: Limits, work: (signal: AbortSignal, leaving: () => void) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const before = new AbortController();
    const giveUp = (broken: BrokenExchange): void => {
      const error = new TransportError(broken);
      before.abort(error);
      reject(error);
    };
    const onAbort = (): void => giveUp(late('host.not-sent', 'was not waited for any longer', false));
    const deadline = setTimeout(() => giveUp(late('host.timeout', 'did not answer in time', false)), timerDelay(limits.deadline));
    const sendBy =
      limits.sendBy === null ? undefined : setTimeout(() => giveUp(late('host.not-sent', NO_CONNECTION, false)), timerDelay(limits.sendBy));
    const leaving = (): void => {
      clearTimeout(deadline);
      clearTimeout(sendBy);
      limits.signal?.removeEventListener('abort', onAbort);
    };
    if (limits.signal?.aborted) onAbort();
    else limits.signal?.addEventListener('abort', onAbort, { once: true });
    work(before.signal, leaving).then(resolve, reject).finally(leaving);
  });
}
