import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Connection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { type BrokenExchange, brokenBy, TransportError } from './transport-failure.ts';

/** One POST. */
export interface HttpPost {
  readonly body: Buffer;
  readonly contentType: string;
  /** Null: the connection says who it is from. */
  readonly authorization: string | null;
}

/** When an exchange ends at the latest. */
export interface Limits {
  /** `performance.now()` value at which the exchange is given up. */
  readonly deadline: number;
  /** `performance.now()` value after which nothing may be written any more; null: whenever. */
  readonly sendBy: number | null;
  readonly signal: AbortSignal | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Authentication schemes offered with a 401. */
  readonly authenticate: string;
  /** `Date` header; null when there was none. */
  readonly date: string | null;
  readonly body: Buffer;
}

export interface Exchange {
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly post: HttpPost;
  readonly limits: Limits;
  readonly maxAnswerBytes: number;
}

/** One POST on an open connection, written in one piece and settled exactly once. @throws TransportError */
export function exchange(what: Exchange): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => begin(what, resolve, reject));
}

function begin(
  { endpoint, connection, post, limits, maxAnswerBytes }: Exchange,
  resolve: (answer: HttpAnswer) => void,
  reject: (error: TransportError) => void,
): void {
  let phase: 'waiting' | 'reading' = 'waiting';
  let sent = false;
  let settled = false;
  const reused = connection.used;

  const http: ClientRequest = httpRequest({
    agent: connection.agent,
    method: 'POST',
    host: endpoint.hostname,
    port: endpoint.port,
    path: endpoint.path,
    headers: {
      'Content-Type': post.contentType,
      'Content-Length': post.body.length,
      ...(post.authorization === null ? {} : { Authorization: post.authorization }),
      'User-Agent': 'failback',
    },
  });
  const timer = setTimeout(() => fail(late('host.timeout', 'did not answer in time', sent)), timerDelay(limits.deadline));
  const leaveTimer = limits.sendBy === null ? undefined : setTimeout(tooLate, timerDelay(limits.sendBy - 1));
  const onAbort = (): void => fail(late(sent ? 'host.disconnected' : 'host.not-sent', 'was not waited for any longer', sent));

  function settle(): boolean {
    if (settled) return false;
    settled = true;
    clearTimeout(timer);
    clearTimeout(leaveTimer);
    limits.signal?.removeEventListener('abort', onAbort);
    return true;
  }
  function fail(broken: BrokenExchange): void {
    if (!settle()) return;
    http.destroy();
    reject(new TransportError(broken));
  }

  /**
   * At `sendBy`. What the kernel did not take by then waits in this process and must not leave it any more; the host cannot
   * carry out half a request, but whether the rest had just left is not known for certain.
   */
  function tooLate(): void {
    if (sent) fail(late('host.timeout', 'did not take the whole request in time', sent));
    else fail(late('host.not-sent', NO_CONNECTION, sent));
  }

  /** Runs in one turn of the event loop: between the look at the clock and the write nothing else can happen. */
  http.on('socket', () => {
    if (settled) return;
    if (performance.now() > Math.min(limits.sendBy ?? limits.deadline, limits.deadline)) {
      fail(late(limits.sendBy === null ? 'host.timeout' : 'host.not-sent', NO_CONNECTION, sent));
      return;
    }
    connection.used = true;
    sent = true;
    http.end(post.body);
    http.once('finish', () => clearTimeout(leaveTimer));
  });
  http.on('error', (error) => fail(brokenBy(error, phase, sent, reused)));
  http.on('close', () => fail(brokenBy(new Error('closed'), phase, sent, reused)));
  http.on('response', (response) => {
    phase = 'reading';
    collect(response, maxAnswerBytes, (outcome) => {
      if (outcome === 'too-large') {
        const remedy = 'Nothing a Hyper-V host sends is that large: check what stands at the address.';
        const what = `sent more than ${maxAnswerBytes} bytes`;
        fail({ code: 'host.answer-too-large', class: 'operator', what, remedy, sent, stale: false, errno: null });
      } else if (outcome instanceof Error) fail(brokenBy(outcome, phase, sent, reused));
      else if (settle()) resolve(answerOf(response, outcome));
    });
  });
  if (limits.signal?.aborted) onAbort();
  else limits.signal?.addEventListener('abort', onAbort, { once: true });
}

export const NO_CONNECTION = 'had no open connection before the request had to leave';

/** What ran out of time. */
export function late(code: BrokenExchange['code'], what: string, sent: boolean): BrokenExchange {
  const remedy = 'Check the load of the host and the network; the limits are in the plan.';
  return { code, class: 'retryable', what, remedy, sent, stale: false, errno: null };
}

/** Milliseconds until a `performance.now()` value, within what timers can do. */
export function timerDelay(until: number): number {
  return Math.min(Math.max(0, until - performance.now()), 2 ** 31 - 1);
}

/** Reads a whole body, not more than `limit` bytes. */
function collect(response: IncomingMessage, limit: number, done: (outcome: Buffer | 'too-large' | Error) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('error', done);
  if (Number(response.headers['content-length'] ?? 0) > limit) {
    done('too-large');
    return;
  }
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) done('too-large');
    else chunks.push(chunk);
  });
  response.on('end', () => done(response.complete ? Buffer.concat(chunks) : new Error('incomplete')));
}

function answerOf(response: IncomingMessage, body: Buffer): HttpAnswer {
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    contentEncoding: response.headers['content-encoding'] ?? 'identity',
    authenticate: response.headers['www-authenticate'] ?? '',
    date: response.headers.date ?? null,
    body,
  };
}
