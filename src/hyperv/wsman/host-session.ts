import { FailbackError } from '../../domain/failure.ts';
import { CALL_MS, type Call } from '../cim/call.ts';
import { parseEndpoint } from './endpoint.ts';
import { createHttpTransport } from './http-transport.ts';
import type { LogOn } from './log-on/log-on.ts';
import type { UriBase } from './resources.ts';
import type { Session } from './session.ts';
import { createSoapExchange, prepareRequest } from './soap-exchange.ts';
import type { TlsTrust } from './tls-trust.ts';

export interface WsmanHostOptions {
  /** The name the plan gives the host. */
  readonly name: string;
  /** e.g. `https://hv-dr-01.example.net:5986`; the port defaults to WinRM's, the path to `/wsman`. */
  readonly address: string;
  readonly logOn: LogOn;
  /**
   * Send passwords (`basic`) and messages over plain HTTP as they are; default false. Only for networks that protect them otherwise, and for
   * simulated hosts. The schemes that log a connection on seal their messages and do not need it.
   */
  readonly allowUnencrypted?: boolean;
  /** Whom to believe to be the host; default Node's authorities and the name in the address. */
  readonly tls?: TlsTrust;
  /** How classes are named; default `wmi`. `cim-schema` is for OMI. */
  readonly uriBase?: UriBase;
  /** Connections at a time, default 8. */
  readonly maxSockets?: number;
  /** Largest answer accepted, bytes; default 32 MiB. A list may have four times as much in all its answers. */
  readonly maxAnswerBytes?: number;
  /** Largest answer asked for (`MaxEnvelopeSize`), bytes; default 512,000, what Windows allows by default. */
  readonly maxEnvelopeSize?: number;
}

export interface HostSession extends Session {
  /** Resolves credentials and reads certificate authorities, as every request does, and sends nothing. */
  prepare(call: Call): Promise<void>;
  close(): Promise<void>;
}

const ANSWERS_OF_A_LIST = 4;
const DEFAULTS = { maxSockets: 8, maxAnswerBytes: 32 * 1024 * 1024, maxEnvelopeSize: 512_000 };

/**
 * Everything operations on one host share. Opens no connection yet.
 * @throws FailbackError `plan.invalid` for an address that cannot be used
 */
export function openSession(options: WsmanHostOptions): HostSession {
  const endpoint = parseEndpoint(options.name, options.address);
  if (!endpoint.encrypted) requireProtection(options);
  const { maxSockets, maxAnswerBytes, maxEnvelopeSize } = { ...DEFAULTS, ...defined(options) };
  const transport = createHttpTransport(endpoint, { maxSockets, maxAnswerBytes, trust: options.tls ?? {}, logOn: options.logOn });
  const pending = new Set<Promise<unknown>>();
  return {
    host: options.name,
    async prepare(call) {
      await prepareRequest(endpoint, transport, options.logOn, { ...call, operation: 'any request' });
    },
    exchange: createSoapExchange(endpoint, transport, options.logOn),
    scheme: options.logOn.scheme,
    maxListBytes: ANSWERS_OF_A_LIST * maxAnswerBytes,
    pageSizes: new Map(),
    headers: ({ deadline }) => ({
      to: endpoint.url,
      maxEnvelopeSize,
      operationTimeoutMs: Math.min(CALL_MS, Math.max(1, Math.floor(deadline - performance.now()))),
    }),
    dropIdle: () => transport.dropIdle(),
    background(work) {
      const settled = work.catch(() => undefined).finally(() => pending.delete(settled));
      pending.add(settled);
    },
    async close() {
      await Promise.all(pending);
      transport.close();
    },
  };
}

function defined({ maxSockets, maxAnswerBytes, maxEnvelopeSize }: WsmanHostOptions): Partial<typeof DEFAULTS> {
  return {
    ...(maxSockets === undefined ? {} : { maxSockets }),
    ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
    ...(maxEnvelopeSize === undefined ? {} : { maxEnvelopeSize }),
  };
}

function requireProtection({ name, logOn: { scheme }, allowUnencrypted }: WsmanHostOptions): void {
  if (scheme === 'certificate') throw unprotected(name, 'but a certificate logs on by TLS only', 'Use https://…:5986.');
  if (scheme !== 'basic' || allowUnencrypted === true) return;
  const remedy = 'Use https://…:5986 or auth: negotiate, or allow unencrypted traffic for this host if the network protects it.';
  throw unprotected(name, 'which would send the password in clear', remedy);
}

function unprotected(host: string, what: string, remedy: string): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'plan.invalid',
    message: `The address of host ${host} is plain HTTP, ${what}`,
    remedy,
    details: { host, sent: false },
  });
}
