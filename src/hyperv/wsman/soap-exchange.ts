import { FailbackError, type Failure, type FailureClass } from '../../domain/failure.ts';
import { descend, parseXmlInParts, type XmlElement, XmlRefused } from '../xml/xml-reader.ts';
import type { Connection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { type HttpAnswer, timerDelay } from './http-exchange.ts';
import { notWsman, refusalOf } from './http-refusal.ts';
import type { HttpTransport, Post } from './http-transport.ts';
import type { LogOn } from './log-on/log-on.ts';
import type { PostedAnswer } from './log-on/post-as.ts';
import { type ReadyLogOn, readyLogOn } from './log-on/ready-log-on.ts';
import type { Mask } from './secrets.ts';
import { describeHresult, meaningOf, readFault, type SoapFault } from './soap-fault.ts';
import { TransportError } from './transport-failure.ts';

/** What may be done about a request whose answer was lost: a `read` may be repeated, a `change` must be looked for on the host. */
export type Effect = 'read' | 'change';

interface SoapRequest {
  /** For messages, e.g. "Msvm_ReplicationService.InitiateFailback". */
  readonly operation: string;
  readonly effect: Effect;
  readonly message: string;
  /** UUID in the message; an answer that relates to another message is refused. Null when the message has none. */
  readonly messageId: string | null;
  /** `performance.now()` values. */
  readonly deadline: number;
  readonly sendBy: number | null;
  readonly signal: AbortSignal | null;
}

export interface SoapAnswer {
  readonly envelope: XmlElement;
  /** Bytes of the message. */
  readonly size: number;
  /** HTTP `Date` header; null when there was none. */
  readonly date: string | null;
  readonly connection: Connection;
  /** Who asked; null: whoever the certificate or the tickets belong to. */
  readonly account: string | null;
}

/** Sends one message and returns the answer's envelope. @throws FailbackError for everything else, faults included */
export type SoapExchange = (request: SoapRequest) => Promise<SoapAnswer>;

export function createSoapExchange(endpoint: Endpoint, transport: HttpTransport, logOn: LogOn): SoapExchange {
  return async (request) => {
    let mask: Mask = (text) => text;
    try {
      const { deadline, sendBy, signal } = request;
      const [post, ready] = await prepareRequest(endpoint, transport, logOn, request);
      mask = ready.mask;
      const message = Buffer.from(request.message, 'utf8');
      const answer = await post({ message, logOn: ready, repeatable: request.effect === 'read', deadline, sendBy, signal });
      return await judge(endpoint.name, request, answer, ready);
    } catch (error) {
      throw masked(attribute(endpoint.name, request, error), mask);
    }
  };
}

/** True when the request met a kept connection that the host had already closed: nothing of the answer was lost, it may be asked again. */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof FailbackError && error.details?.stale === true;
}

/**
 * What a request needs before it can be sent, waited for not longer than the request may take.
 * @throws FailbackError `secret.missing`; `host.tls` for an authority that can not be read; `host.not-sent` when it takes too long
 */
export function prepareRequest(
  endpoint: Endpoint,
  transport: HttpTransport,
  logOn: LogOn,
  request: Pick<SoapRequest, 'deadline' | 'signal' | 'operation'>,
): Promise<[Post, ReadyLogOn]> {
  return beforehand(endpoint.name, request, Promise.all([transport.open(), readyLogOn(endpoint, logOn)]));
}

async function beforehand<T>(
  host: string,
  { deadline, signal, operation }: Pick<SoapRequest, 'deadline' | 'signal' | 'operation'>,
  work: Promise<T>,
): Promise<T> {
  let stop: (() => void) | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = (): void =>
      reject(
        new FailbackError({
          class: 'retryable',
          code: 'host.not-sent',
          message: `The credentials of host ${host} were not there in time for ${operation}`,
          remedy: 'Check where the credentials and certificates of the plan are read from.',
          details: { host, operation, sent: false },
        }),
      );
    const timer = setTimeout(giveUp, timerDelay(deadline));
    signal?.addEventListener('abort', giveUp, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    stop?.();
  }
}

async function judge(host: string, request: SoapRequest, answer: PostedAnswer, logOn: ReadyLogOn): Promise<SoapAnswer> {
  const { scheme, mask, account } = logOn;
  const refusal = refusalOf(host, answer, scheme, logOn.by === 'connection' && answer.connection.tls !== null);
  // What nobody has signed does not prove that the request was not carried out.
  const refused = answer.authentic && refusal?.class === 'operator';
  if (refusal !== null && answer.status === 401) throw failure(request, refusal, answer.sent && !refused);
  const envelope = await readEnvelope(answer);
  if (envelope === null) throw failure(request, refusal ?? notWsman(host, answer.status), answer.sent && !refused);
  if (envelope instanceof XmlRefused) throw failure(request, malformed(host, request.operation, envelope.message), true);
  if (!relatesTo(envelope, request.messageId))
    throw failure(request, malformed(host, request.operation, 'it belongs to another request'), true);
  const fault = readFault(envelope, mask);
  if (fault !== null) throw faultFailure(host, request, answer.status, fault);
  if (answer.status < 200 || answer.status > 299)
    throw failure(request, refusal ?? malformed(host, request.operation, `has HTTP status ${answer.status} without a fault`), true);
  return { envelope, size: answer.body.length, date: answer.date, connection: answer.connection, account };
}

/** Connections can get out of step; an answer to somebody else's question must never count. Servers may leave the header out. */
function relatesTo(envelope: XmlElement, messageId: string | null): boolean {
  const related = descend(envelope, 'Header', 'RelatesTo')?.text.trim().toLowerCase();
  return messageId === null || !related || related === `uuid:${messageId.toLowerCase()}`;
}

/** Null when the answer is no SOAP envelope at all. */
async function readEnvelope(answer: HttpAnswer): Promise<XmlElement | XmlRefused | null> {
  if (answer.body.length === 0 || !/xml/i.test(answer.contentType)) return null;
  if (!/^(identity)?$/i.test(answer.contentEncoding.trim())) return new XmlRefused('is compressed, which was not asked for');
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(answer.contentType)?.[1] ?? 'utf-8';
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) return new XmlRefused('is not in UTF-8');
  try {
    const root = await parseXmlInParts(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
    return root.local === 'Envelope' ? root : null;
  } catch (error) {
    return error instanceof XmlRefused ? error : new XmlRefused('is not in UTF-8');
  }
}

function faultFailure(host: string, request: SoapRequest, status: number, fault: SoapFault): FailbackError {
  const meaning = meaningOf(fault);
  const name = fault.subcode ?? fault.code;
  const code = fault.hresult === null ? name : `${name}, ${describeHresult(fault.hresult)}`;
  const message = `Host ${host} answered ${request.operation} with a fault (${code})${fault.reason === '' ? '' : `: ${fault.reason}`}`;
  const details = {
    host,
    operation: request.operation,
    status,
    fault: fault.code,
    subcode: fault.subcode,
    faultDetail: fault.faultDetail,
    hresult: fault.hresult === null ? null : describeHresult(fault.hresult),
    cimStatus: fault.cimStatus,
  };
  return failure(request, { class: meaning.class, code: meaning.code, message, remedy: meaning.remedy, details }, !meaning.refused);
}

/** Turns whatever was thrown on the way into a failure of this operation, with the promise `details.sent`. */
function attribute(host: string, request: SoapRequest, error: unknown): FailbackError {
  if (error instanceof TransportError) {
    const { broken } = error;
    const message = `Host ${host} ${broken.what} (${request.operation}${broken.errno === null ? '' : `, ${broken.errno}`})`;
    const details = { host, operation: request.operation, errno: broken.errno, ...(broken.stale ? { stale: true } : {}) };
    return failure(request, { class: broken.class, code: broken.code, message, remedy: broken.remedy, details }, broken.sent);
  }
  if (error instanceof FailbackError) return error.details?.sent === undefined ? failure(request, error, false) : error;
  return failure(
    request,
    {
      class: 'permanent',
      code: 'internal',
      message: `Asking host ${host} for ${request.operation} failed in failback itself (${error instanceof Error ? error.name : typeof error})`,
    },
    true,
  );
}

/** After a change may have been executed, the only class is `reconcile`. */
function failure(request: SoapRequest, cause: Failure, sent: boolean): FailbackError {
  const doubtful = sent && request.effect === 'change';
  const failureClass: FailureClass = doubtful ? 'reconcile' : cause.class;
  const { code, message, remedy, details } = cause;
  return new FailbackError({
    class: failureClass,
    code,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    details: { ...details, sent },
  });
}

function malformed(host: string, operation: string, what: string): Failure {
  return {
    class: 'retryable',
    code: 'host.malformed-answer',
    message: `The answer of host ${host} to ${operation} cannot be used: ${what}`,
    remedy: 'Check that the address leads to the host itself and not to a proxy or another service.',
    details: { host, operation },
  };
}

function masked(error: FailbackError, mask: Mask): FailbackError {
  const { class: failureClass, code, message, remedy, details } = error;
  const clean = Object.fromEntries(
    Object.entries(details ?? {}).map(([key, value]) => [key, typeof value === 'string' ? mask(value) : value]),
  );
  return new FailbackError({
    class: failureClass,
    code,
    message: mask(message),
    ...(remedy === undefined ? {} : { remedy }),
    details: clean,
  });
}
