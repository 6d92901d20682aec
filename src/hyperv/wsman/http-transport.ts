import { type Agent, Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Endpoint } from './endpoint.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './http-exchange.ts';
import { parseFingerprint, type TlsTrust, tlsOptions } from './tls-trust.ts';
import { type BrokenExchange, TransportError } from './transport-failure.ts';

/** One exchange. @throws TransportError */
export type HttpPost = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpTransport {
  /** Makes ready to post, without connecting. @throws FailbackError when a CA file cannot be read */
  open(): Promise<HttpPost>;
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
}

/** Milliseconds after which an unused connection is closed, well below the idle limits of servers (IIS and WinRM: 120 s). */
const IDLE_MS = 20_000;

const CLOSED: BrokenExchange = {
  code: 'host.not-sent',
  class: 'retryable',
  what: 'is not asked any more: its connections were closed',
  remedy: 'Nothing to do: the work goes on elsewhere or after a restart.',
  sent: false,
  stale: false,
  errno: null,
};

/** A pool of connections to one host. Opens none before the first request. */
export function createHttpTransport(endpoint: Endpoint, options: HttpTransportOptions): HttpTransport {
  const fingerprint = options.trust.fingerprint === undefined ? null : parseFingerprint(endpoint.name, options.trust.fingerprint);
  const settings = { keepAlive: true, maxSockets: options.maxSockets, maxFreeSockets: options.maxSockets, timeout: IDLE_MS };
  const opened = new WeakSet<Socket>();
  let agent: Agent | null = null;
  let closed = false;

  return {
    async open() {
      if (agent === null) {
        const secure = endpoint.encrypted ? await tlsOptions(endpoint.name, options.trust) : null;
        agent ??= secure === null ? new PlainAgent(settings) : new SecureAgent({ ...settings, ...secure });
      }
      const pool = agent;
      return (request) =>
        new Promise((resolve, reject) => {
          if (closed) reject(new TransportError(CLOSED));
          else exchange({ endpoint, request, agent: pool, opened, fingerprint, maxAnswerBytes: options.maxAnswerBytes, resolve, reject });
        });
    },
    dropIdle() {
      for (const sockets of Object.values(agent?.freeSockets ?? {})) for (const socket of sockets ?? []) socket.destroy();
    },
    close() {
      closed = true;
      agent?.destroy();
    },
  };
}
