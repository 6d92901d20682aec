import { type Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Endpoint } from './endpoint.ts';
import { hasFingerprint } from './tls-trust.ts';
import { type BrokenExchange, brokenBy, TransportError } from './transport-failure.ts';

export interface HttpRequest {
  readonly body: Buffer;
  readonly authorization: string;
  /** `performance.now()` value at which the exchange is given up. */
  readonly deadline: number;
  /** `performance.now()` value after which nothing may be written any more. */
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
  readonly request: HttpRequest;
  readonly agent: Agent;
  /** Sockets that were open (with TLS and pin checked) before: a request that gets one of them is the reuse of a kept connection. */
  readonly opened: WeakSet<Socket>;
  readonly fingerprint: string | null;
  readonly maxAnswerBytes: number;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: TransportError) => void;
}

const NO_CONNECTION = 'had no open connection before the request had to leave';

/** One POST, settled exactly once. The request is written in one piece, and only on a connection that is already open. */
export function exchange({ endpoint, request, agent, opened, fingerprint, maxAnswerBytes, resolve, reject }: Exchange): void {
  let phase: 'connecting' | 'waiting' | 'reading' = 'connecting';
  let sent = false;
  let reused = false;
  let settled = false;

  const http: ClientRequest = (endpoint.encrypted ? secureRequest : plainRequest)({
    agent,
    method: 'POST',
    host: endpoint.hostname,
    port: endpoint.port,
    path: endpoint.path,
    headers: {
      'Content-Type': 'application/soap+xml;charset=UTF-8',
      'Content-Length': request.body.length,
      Authorization: request.authorization,
      'User-Agent': 'failback',
    },
  });
  const timer = setTimeout(() => fail(late('host.timeout', 'did not answer in time')), timerDelay(request.deadline));
  const leaveTimer = request.sendBy === null ? undefined : setTimeout(tooLate, timerDelay(request.sendBy - 1));
  const onAbort = (): void => fail(late(sent ? 'host.disconnected' : 'host.not-sent', 'was not waited for any longer'));

  function settle(): boolean {
    if (settled) return false;
    settled = true;
    clearTimeout(timer);
    clearTimeout(leaveTimer);
    request.signal?.removeEventListener('abort', onAbort);
    return true;
  }
  function fail(broken: BrokenExchange): void {
    if (!settle()) return;
    http.destroy();
    reject(new TransportError(broken));
  }
  function late(code: BrokenExchange['code'], what: string): BrokenExchange {
    const remedy = 'Check the load of the host and the network; the limits are in the plan.';
    return { code, class: 'retryable', what, remedy, sent, stale: false, errno: null };
  }

  /**
   * At `sendBy`. What the kernel did not take by then waits in this process and must not leave it any more; the host cannot
   * carry out half a request, but whether the rest had just left is not known for certain.
   */
  function tooLate(): void {
    if (sent) fail(late('host.timeout', 'did not take the whole request in time'));
    else fail(late('host.not-sent', NO_CONNECTION));
  }

  /** What forbids to write on a connection that is open; null when nothing does. */
  function obstacle(socket: Socket): BrokenExchange | null {
    if (socket instanceof TLSSocket && fingerprint !== null && !opened.has(socket) && !hasFingerprint(socket, fingerprint)) {
      const what = 'showed another certificate than the pinned one';
      const remedy = 'Compare the fingerprint in the plan with the certificate of the host; a change that nobody made is an attack.';
      return { code: 'host.tls', class: 'operator', what, remedy, sent, stale: false, errno: null };
    }
    if (performance.now() <= Math.min(request.sendBy ?? request.deadline, request.deadline)) return null;
    return late(request.sendBy === null ? 'host.timeout' : 'host.not-sent', NO_CONNECTION);
  }

  /** Runs in one turn of the event loop: between the look at the clock and the write nothing else can happen. */
  function write(socket: Socket): void {
    if (settled) return;
    const broken = obstacle(socket);
    if (broken !== null) {
      fail(broken);
      return;
    }
    opened.add(socket);
    phase = 'waiting';
    sent = true;
    http.end(request.body);
    http.once('finish', () => clearTimeout(leaveTimer));
  }

  http.on('socket', (socket) => {
    if (opened.has(socket)) {
      reused = true;
      write(socket);
    } else {
      socket.once(endpoint.encrypted ? 'secureConnect' : 'connect', () => write(socket));
    }
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
  if (request.signal?.aborted) onAbort();
  else request.signal?.addEventListener('abort', onAbort, { once: true });
}

/** Milliseconds until a `performance.now()` value, within what timers can do. */
function timerDelay(until: number): number {
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
