import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';

interface RelayedExchange {
  readonly request: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Stands before a host and keeps what was said. */
export interface Relay {
  readonly url: string;
  readonly exchanges: readonly RelayedExchange[];
  close(): Promise<void>;
}

/** @param target URL of the host */
export async function startRelay(target: string): Promise<Relay> {
  const exchanges: RelayedExchange[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const asked = await buffer(incoming);
    const onward = request(target, { method: 'POST', headers: { ...incoming.headers, host: new URL(target).host } });
    onward.end(asked);
    const [answer] = await once(onward, 'response');
    const body = await text(answer);
    exchanges.push({ request: asked.toString(), status: answer.statusCode, contentType: answer.headers['content-type'], body });
    outgoing.writeHead(answer.statusCode, answer.headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    exchanges,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
