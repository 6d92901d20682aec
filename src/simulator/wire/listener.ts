import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const TLS_HANDSHAKE = 0x16;
const REOPEN_MS = 50;

export interface ListenerOptions {
  readonly port: number;
  readonly bindAddress: string;
  readonly tls?: { readonly key: string; readonly cert: string };
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
  #reopening: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions, onRequest: RequestListener) {
    this.#options = options;
    this.#port = options.port;
    this.#http = createHttpServer(onRequest);
    this.#https = options.tls === undefined ? null : createHttpsServer(options.tls, onRequest);
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  /** The port listened on; with 0 asked for, known after {@link open}. */
  get port(): number {
    return this.#port;
  }

  /** Starts to listen. Rejects with the error of the system, e.g. EADDRINUSE. */
  async open(): Promise<void> {
    this.#wanted = true;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.#options.bindAddress, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /**
   * Opens again on the same port after {@link shut}. While the port was free, an outgoing connection of some process may have
   * got it as its own; then this goes on trying until that has ended.
   */
  reopen(): void {
    this.#wanted = true;
    this.open().catch(() => {
      if (this.#wanted) this.#reopening = setTimeout(() => this.reopen(), REOPEN_MS);
    });
  }

  /** Stops listening and resets every open connection. */
  shut(): void {
    this.#wanted = false;
    clearTimeout(this.#reopening);
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  #accept(socket: Socket): void {
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
