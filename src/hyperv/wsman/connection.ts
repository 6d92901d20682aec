import { Agent, type AgentOptions } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecure, TLSSocket } from 'node:tls';
import type { HostTls } from '../host-facts.ts';
import type { Endpoint } from './endpoint.ts';
import type { SecurityContext } from './log-on/security-context.ts';
import { tlsFacts } from './tls-facts.ts';
import { hasFingerprint } from './tls-trust.ts';
import { brokenBy, TransportError } from './transport-failure.ts';

/** TLS of a connection: Node's options, and the certificate that is pinned (64 upper-case hexadecimal digits) or null. */
export interface SecureOptions {
  readonly tls: ConnectionOptions;
  readonly fingerprint: string | null;
}

/**
 * One open connection to a host. It is never opened a second time: a log-on belongs to it and ends with it. One exchange at a time.
 */
export class Connection {
  readonly agent: Agent;
  /** Of who is logged on for as long as it is open; null when every request says itself who it is from. */
  security: SecurityContext | null = null;
  /** A request was written on it before. */
  used = false;
  /** How it is protected; null without TLS. */
  readonly tls: HostTls | null;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.tls = socket instanceof TLSSocket ? tlsFacts(socket) : null;
    this.agent = new AgentOfOne(socket);
    socket.on('timeout', () => socket.destroy());
    socket.once('close', () => this.security?.dispose());
  }

  /**
   * Connects, with TLS and everything that makes the host believed. Writes nothing.
   * @param signal gives up; its reason is what is thrown
   * @throws TransportError
   */
  static async open({ hostname, port }: Endpoint, secure: SecureOptions | null, signal: AbortSignal): Promise<Connection> {
    const where = { host: hostname, port, noDelay: true };
    const socket = secure === null ? connectPlain(where) : connectSecure({ ...serverName(hostname), ...secure.tls, ...where });
    // Errors of later are those of the exchange that is under way, if any.
    socket.on('error', () => undefined);
    try {
      await opened(socket, secure === null ? 'connect' : 'secureConnect', signal);
      const pin = secure?.fingerprint ?? null;
      if (pin !== null && !hasFingerprint(socket as TLSSocket, pin)) throw new TransportError(OTHER_CERTIFICATE);
      return new Connection(socket);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** It is open, and its log-on, if it has one, lasts long enough for another request. */
  get usable(): boolean {
    const ends = this.security?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    return !this.#socket.destroyed && this.#socket.writable && Date.now() < ends - EXPIRY_MARGIN_MS;
  }

  /** Certificate the host has shown, DER; null without TLS. */
  get certificate(): Buffer | null {
    return this.#socket instanceof TLSSocket ? (this.#socket.getPeerX509Certificate()?.raw ?? null) : null;
  }

  /** Closes it when nobody uses it for so long, milliseconds. 0: never. */
  closeAfter(idleMs: number): void {
    this.#socket.setTimeout(idleMs);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const OTHER_CERTIFICATE = {
  code: 'host.tls',
  class: 'operator',
  what: 'showed another certificate than the pinned one',
  remedy: 'Compare the fingerprint in the plan with the certificate of the host; a change that nobody made is an attack.',
  sent: false,
  stale: false,
  errno: null,
} as const;

/** Clocks differ, and a request takes its time. */
const EXPIRY_MARGIN_MS = 120_000;

/** Lets `http` keep the one connection alive between requests, and never make another. */
class AgentOfOne extends Agent {
  #socket: Socket | null;

  constructor(socket: Socket) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(_options: AgentOptions, done?: (error: Error | null, socket: Socket) => void): Socket | undefined {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) return socket;
    done?.(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }), undefined as unknown as Socket);
    return undefined;
  }
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => (): void => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', fail).off('close', closed).off(event, succeed);
      outcome();
    };
    const giveUp = settle(() => reject(signal.reason));
    const succeed = settle(resolve);
    const closed = settle(() => reject(broken(new Error('closed'))));
    const fail = (error: Error): void => settle(() => reject(broken(error)))();
    socket.once('error', fail).once('close', closed).once(event, succeed);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function broken(error: Error): TransportError {
  return new TransportError(brokenBy(error, 'connecting', false, false));
}

/** The name a host is asked for by TLS; an address is none. */
function serverName(hostname: string): { readonly servername?: string } {
  return isIP(hostname) === 0 ? { servername: hostname } : {};
}
