import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunHost } from '../../../src/runtime/run-record.ts';
import type { Defer } from './stage.ts';

/** What went to a host: the last part of the SOAP action, with the class it was about, e.g. `Enumerate Msvm_ConcreteJob`. */
export interface Counted {
  readonly host: RunHost;
  readonly requests: readonly string[];
}

/** Puts a proxy in front of a simulated host that writes down every request. */
export async function countRequests(host: RunHost, defer: Defer): Promise<Counted> {
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      requests.push(describe(body.toString()));
      const { host: _, ...headers } = incoming.headers;
      const forwarded = send(host.address, { method: incoming.method ?? 'POST', headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { host: { ...host, address: `http://127.0.0.1:${port}/wsman` }, requests };
}

function describe(envelope: string): string {
  const action = /:Action[^>]*>[^<]*\/([A-Za-z]+)</.exec(envelope)?.[1] ?? '?';
  const about = /Msvm_\w+/.exec(envelope)?.[0];
  return about === undefined ? action : `${action} ${about}`;
}
