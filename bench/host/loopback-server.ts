import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import { CLIENT_HEADER, LOOPBACK_METHODS, type LoopbackMethod, packObservation } from './loopback-protocol.ts';

/**
 * Serves a host on a free port of the loopback, until this process ends.
 * @param onRequest process id of who asks, before the method is called
 * @returns the address
 */
export async function serveLoopback(host: HyperVHost, onRequest: (client: number, method: LoopbackMethod) => void): Promise<string> {
  const server = createServer((request, response) => {
    void answer(request).then(
      (body) => response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  // Nobody finds a connection closed that was idle.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/wsman`;

  async function answer(request: IncomingMessage): Promise<string> {
    const parameters = JSON.parse(await text(request)) as unknown[];
    const method = LOOPBACK_METHODS.find((name) => request.url === `/${name}`);
    if (method === undefined) throw new Error(`there is no ${request.url}`);
    onRequest(Number(request.headers[CLIENT_HEADER]), method);
    return JSON.stringify(await call(method, parameters));
  }

  async function call(method: LoopbackMethod, parameters: readonly unknown[]): Promise<unknown> {
    if (method === 'observe') return packObservation(await host.observe(...(parameters as Parameters<HyperVHost['observe']>)));
    if (method === 'replicationSettings') return [...(await host.replicationSettings()).values()];
    return await (host[method] as (...all: unknown[]) => Promise<unknown>).apply(host, [...parameters]);
  }
}
