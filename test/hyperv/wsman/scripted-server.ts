import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Recording } from './recordings.ts';

/** One request as it came in. */
export interface ScriptedRequest {
  readonly headers: string;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly socket: Socket;
  /** 0 for the first request of the whole server. */
  readonly index: number;
  /** 0 for the first request of its connection. */
  readonly indexOnConnection: number;
}

export type Script = (request: ScriptedRequest) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ScriptedRequest[];
  readonly connections: readonly Socket[];
  close(): Promise<void>;
}

/** A server that reads whole requests and lets the script write raw bytes; nothing of HTTP is done for it. */
export async function scriptedServer(script: Script, tls?: TlsOptions): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const connections: Socket[] = [];
  const serve = (socket: Socket): void => {
    connections.push(socket);
    let pending = Buffer.alloc(0);
    let indexOnConnection = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const headers = pending.subarray(0, end).toString('latin1');
        const length = Number(/content-length:\s*(\d+)/i.exec(headers)?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const bytes = pending.subarray(end + 4, end + 4 + length);
        const body = bytes.toString('utf8');
        pending = pending.subarray(end + 4 + length);
        const request = { headers, body, bytes, socket, index: requests.length, indexOnConnection };
        indexOnConnection += 1;
        requests.push(request);
        script(request);
      }
    });
  };
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('tlsClientError', () => undefined);
  const raw = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    connections,
    async close() {
      for (const socket of raw) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole HTTP answer. */
export function http(
  status: number,
  body: string,
  headers: readonly string[] = ['Content-Type: application/soap+xml;charset=UTF-8'],
): string {
  return [`HTTP/1.1 ${status} Scripted`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** A recorded answer, related to the request that is answered now. */
export function replay({ status, headers, body }: Recording, request: Pick<ScriptedRequest, 'body'>): string {
  const messageId = /MessageID[^>]*>([^<]*)</.exec(request.body)?.[1] ?? '';
  return http(status, body.replace(/(RelatesTo>)[^<]*(<)/, `$1${messageId}$2`), headers);
}

const PREFIXES =
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" ' +
  'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="urn:scripted"';

export function envelope(body: string): string {
  return `<s:Envelope ${PREFIXES}><s:Header/><s:Body>${body}</s:Body></s:Envelope>`;
}

/** A page of an enumeration; `context` null leaves the element out. */
export function page(kind: 'Enumerate' | 'Pull', items: string, context: string | null, ended: boolean): string {
  const space = kind === 'Enumerate' ? 'w' : 'n';
  const named = context === null ? '' : `<n:EnumerationContext>${context}</n:EnumerationContext>`;
  return envelope(
    `<n:${kind}Response>${named}<${space}:Items>${items}</${space}:Items>${ended ? `<${space}:EndOfSequence/>` : ''}</n:${kind}Response>`,
  );
}

export function fault(subcode: string, detail = '', reason = 'scripted fault'): string {
  return envelope(
    `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code>` +
      `<s:Reason><s:Text xml:lang="en-US">${reason}</s:Text></s:Reason>${detail === '' ? '' : `<s:Detail>${detail}</s:Detail>`}</s:Fault>`,
  );
}

/** The class or method a request is about, from its Action, ResourceURI and query. */
export function subject({ body }: Pick<ScriptedRequest, 'body'>): string {
  const action = /<a:Action[^>]*>([^<]*)</.exec(body)?.[1] ?? 'Identify';
  const verb = action.slice(action.lastIndexOf('/') + 1);
  const queried = /SELECT .* FROM (\w+)/.exec(body)?.[1];
  const resource = /<w:ResourceURI[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
  return `${verb} ${queried ?? resource.slice(resource.lastIndexOf('/') + 1)}`.trim();
}
