import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const TLS_HANDSHAKE = 0x16;
const RETRY_MS = 50;
/** As long as Windows keeps an idle connection; a client that polls every few seconds never meets the end of one. */
const KEEP_ALIVE_MS = 120_000;

/** PEM texts. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** Authority of the certificates that clients log on with. */
  readonly clientCa?: string;
}

export interface ListenerOptions {
  readonly port: number;
  readonly bindAddress: string;
  readonly tls: TlsFiles | undefined;
  /** Over TLS clients are asked for a certificate; they connect without one too. */
  readonly asksForCertificate: boolean;
}

/**
 * One TCP port that speaks HTTP and, given a certificate, HTTPS as well: a connection that opens with a TLS handshake is
 * HTTPS. It can be shut (connections are refused, open ones reset) and opened again on the same port.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server = createServer();
  readonly #http: HttpServer;
  readonly #https: HttpsServer | null;
  readonly #sockets = new Set<Socket>();
  #port: number;
  #wanted = false;
  #settling = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions, onRequest: RequestListener) {
    this.#options = options;
    this.#port = options.port;
    this.#http = createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS }, onRequest);
    this.#https = options.tls === undefined ? null : createHttpsServer(secure(options.tls, options.asksForCertificate), onRequest);
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  /** The port listened on; with 0 asked for, known after {@link open}. */
  get port(): number {
    return this.#port;
  }

  /** Starts to listen. Rejects with the error of the system, e.g. EADDRINUSE. */
  async open(): Promise<void> {
    this.#wanted = true;
    await this.#listen();
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /**
   * Opens again on the same port after {@link shut}. While the port was free, an outgoing connection of some process may have
   * got it as its own; then this goes on trying until that has ended.
   */
  reopen(): void {
    this.#wanted = true;
    void this.#settle();
  }

  /** Stops listening and resets every open connection. */
  shut(): void {
    this.#wanted = false;
    clearTimeout(this.#retry);
    void this.#settle();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  /** Brings the port to the wanted state; one at a time, since it may be wanted otherwise before listening has begun. */
  async #settle(): Promise<void> {
    if (this.#settling) return;
    this.#settling = true;
    try {
      while (this.#wanted !== this.#server.listening) {
        if (this.#wanted) await this.#listen();
        else this.#server.close();
      }
    } catch {
      if (this.#wanted) this.#retry = setTimeout(() => this.reopen(), RETRY_MS);
    } finally {
      this.#settling = false;
    }
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const succeed = (): void => finish(resolve);
      const fail = (error: Error): void => finish(() => reject(error));
      const finish = (outcome: () => void): void => {
        this.#server.off('listening', succeed).off('error', fail);
        outcome();
      };
      this.#server.once('listening', succeed).once('error', fail);
      this.#server.listen(this.#port, this.#options.bindAddress);
    });
  }

  #accept(socket: Socket): void {
    if (!this.#wanted) {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const https = this.#https;
    if (https === null) {
      this.#http.emit('connection', socket);
      return;
    }
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? https : this.#http).emit('connection', socket);
    });
  }
}

function secure({ key, cert, clientCa }: TlsFiles, asksForCertificate: boolean): ServerOptions {
  const clients = asksForCertificate && clientCa !== undefined ? { ca: clientCa, requestCert: true, rejectUnauthorized: false } : {};
  return { key, cert, ...clients, keepAliveTimeout: KEEP_ALIVE_MS };
}
