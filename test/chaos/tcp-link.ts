import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * - `open` passes everything on.
 * - `refuse` is not there: connections are reset, new ones refused.
 * - `silent` accepts and says nothing; what is sent to it is gone.
 * - `reply` passes requests on and breaks off in the middle of the first reply of every connection.
 */
export type LinkMode = 'open' | 'refuse' | 'silent' | 'reply';

const LOOPBACK = '127.0.0.1';

/** A way through the network from a port of its own to another port, which can be cut. */
export class TcpLink {
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: LinkMode = 'open';

  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  async open(): Promise<void> {
    this.#server.listen(this.port, LOOPBACK);
    await once(this.#server, 'listening');
  }

  /** Takes effect on what is connected, too. A cut that ends resets what went through it. */
  async change(mode: LinkMode): Promise<void> {
    const before = this.#mode;
    if (mode === before) return;
    this.#mode = mode;
    if (mode === 'refuse') this.#server.close();
    if (mode === 'refuse' || before === 'silent') this.#reset();
    if (before === 'refuse') await this.open();
  }

  #reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  #join(client: Socket): void {
    const target = connect(this.#target, LOOPBACK);
    const pair = [client, target] as const;
    this.#pairs.add(pair);
    this.#forward(client, target, () => this.#mode === 'silent');
    this.#forward(target, client, () => this.#mode === 'silent', this.#cutReply(client, target));
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#pairs.delete(pair);
        for (const other of pair) if (!other.destroyed) other.resetAndDestroy();
      });
    }
  }

  #forward(from: Socket, to: Socket, isSilent: () => boolean, breaksOff: (chunk: Buffer) => boolean = () => false): void {
    from.on('data', (chunk) => {
      if (isSilent() || breaksOff(chunk) || to.destroyed) return;
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
  }

  #cutReply(client: Socket, target: Socket): (chunk: Buffer) => boolean {
    return (chunk) => {
      if (this.#mode !== 'reply') return false;
      client.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => client.destroy());
      target.destroy();
      return true;
    };
  }
}
