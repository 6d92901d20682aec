import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestInfo } from '../cim.ts';
import { isIdentify, understand } from './dispatch.ts';
import { envelope, faultEnvelope } from './envelope.ts';
import { FAULT_STATUS, type FaultAnswer, faults, WireFault } from './fault.ts';
import { identifyAnswer } from './get-operation.ts';
import { admit } from './log-on/admit.ts';
import { readHandshakeToken } from './log-on/authorization.ts';
import type { Admitted } from './log-on/connection-log-on.ts';
import type { LogOns } from './log-on/log-ons.ts';
import { answerLimit, type Operation, type WireHost } from './operation.ts';
import { BodyRefused, decodeBody, readBody } from './request-body.ts';
import { readMessage, readRequest, type SoapMessage } from './soap-request.ts';

const PATH = /^\/wsman\/?(?:\?.*)?$/i;
const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';

/** A request that is being answered. */
interface Exchange {
  readonly wire: WireHost;
  readonly logOns: LogOns;
  readonly request: IncomingMessage;
  /** Aborts when the host loses power: a request that is still waiting then is not carried out. */
  readonly power: AbortSignal;
}

interface Reply {
  readonly status: number;
  /** Default: none. */
  readonly document?: string;
  /** WWW-Authenticate, one header each; default none. */
  readonly authenticate?: readonly string[];
}

/** A {@link Reply} as it travels. */
interface Outgoing {
  readonly status: number;
  readonly authenticate?: readonly string[] | undefined;
  readonly body: Buffer;
  readonly contentType: string;
}

const plain = ({ document = '', ...reply }: Reply): Outgoing => ({ ...reply, body: Buffer.from(document), contentType: SOAP_TYPE });

/** Answers HTTP requests for one host: path, log-on, content type, then the message. `poweredUntil` gives the signal of {@link Exchange.power}. */
export function httpFront(
  wire: WireHost,
  logOns: LogOns,
  poweredUntil: () => AbortSignal,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      try {
        const reply = await serve({ wire, logOns, request, power: poweredUntil() });
        if (reply !== null) return send(wire, response, reply);
      } catch {
        // A client that went away, or a host that lost power.
      }
      request.socket.destroy();
    };
    void logOns.of(request.socket).inTurn(answer);
  };
}

function send({ host }: WireHost, response: ServerResponse, { status, body, contentType, authenticate = [] }: Outgoing): void {
  response.sendDate = false;
  response.setHeader('Date', new Date(host.now()).toUTCString());
  response.setHeader('Server', 'Microsoft-HTTPAPI/2.0');
  response.setHeader('Content-Length', body.length);
  if (body.length > 0) response.setHeader('Content-Type', contentType);
  if (authenticate.length > 0) response.setHeader('WWW-Authenticate', authenticate);
  if (status === 405) response.setHeader('Allow', 'POST');
  if (status === 413) response.setHeader('Connection', 'close');
  response.writeHead(status).end(body);
}

/** Null: cut the connection instead of answering. */
async function serve(exchange: Exchange): Promise<Outgoing | null> {
  const { wire, logOns, request } = exchange;
  try {
    const body = await readBody(request);
    if (!PATH.test(request.url ?? '')) return plain({ status: 404 });
    if (request.method !== 'POST') return plain({ status: 405 });
    const letIn = () => admit(logOns, wire.host, request, body);
    const isStep = readHandshakeToken(request.headers.authorization) !== null;
    const admission = isStep ? await dispose(exchange, { info: aboutNothing('log-on', null), reply: letIn }) : await letIn();
    if (admission === null) return null;
    if (!('wrap' in admission)) return plain(admission);
    const reply = await serveDocument(exchange, admission);
    if (reply === null) return null;
    const { status, document = '', authenticate = admission.authenticate } = reply;
    if (document === '') return plain({ status, ...(authenticate === undefined ? {} : { authenticate }) });
    return { status, authenticate, ...admission.wrap(Buffer.from(document), SOAP_TYPE) };
  } catch (error) {
    if (error instanceof BodyRefused) return plain({ status: error.status });
    throw error;
  }
}

async function serveDocument(exchange: Exchange, { user, document, contentType }: Admitted): Promise<Reply | null> {
  const { wire, power } = exchange;
  const text = decodeBody(document, contentType);
  let message: SoapMessage | null = null;
  try {
    message = readMessage(text);
    if (isIdentify(message)) {
      const info = aboutNothing('identify', message.messageId);
      return await dispose(exchange, { info, reply: () => ({ status: 200, document: identifyAnswer(user !== null) }) });
    }
    if (user === null) return unauthorized(exchange);
    const request = readRequest(message);
    const operation = understand(wire, request);
    const carryOut = async (): Promise<Reply> => {
      const { action, body } = await operation.carryOut(user);
      const answer = envelope(action, request.messageId, body);
      if (Buffer.byteLength(answer) > answerLimit(wire, request)) throw faults.answerTooLarge();
      return { status: 200, document: answer };
    };
    return await dispose(exchange, { info: operation.info, reply: () => settled(wire, carryOut, request.messageId) });
  } catch (error) {
    if (power.aborted) return null;
    const { fault } = error instanceof WireFault ? error : faults.internal();
    return faultReply(wire, fault, message?.messageId ?? null);
  }
}

/** 401, whoever had logged on before. */
function unauthorized({ logOns, request: { socket } }: Exchange): Reply {
  logOns.of(socket).forget();
  return { status: 401, authenticate: logOns.offers(socket) };
}

function faultReply({ host }: WireHost, fault: FaultAnswer, relatesTo: string | null): Reply {
  return { status: FAULT_STATUS, document: faultEnvelope(fault, relatesTo, host.name) };
}

function aboutNothing(kind: RequestInfo['kind'], messageId: string | null): RequestInfo {
  return { kind, className: null, method: null, vmId: null, messageId };
}

interface Understood<T> {
  readonly info: Operation['info'];
  reply(): T | Promise<T>;
}

/** Carries a request out as far as the host's disposition lets it. */
async function dispose<T>(exchange: Exchange, { info, reply }: Understood<T>): Promise<T | Reply | null> {
  const { wire, power } = exchange;
  const { delayBeforeMs = 0, delayAfterMs = 0, drop, refuse } = wire.host.disposition(info);
  if (delayBeforeMs > 0) await delay(delayBeforeMs, undefined, { signal: power });
  if (drop === 'before' || power.aborted) return null;
  const answer = refuse === undefined ? await reply() : refused(exchange, refuse, info.messageId);
  if (delayAfterMs > 0) await delay(delayAfterMs, undefined, { signal: power });
  return drop === 'after' || power.aborted ? null : answer;
}

function refused(exchange: Exchange, refuse: 'unauthorized' | FaultAnswer, messageId: string | null): Reply {
  return refuse === 'unauthorized' ? unauthorized(exchange) : faultReply(exchange.wire, refuse, messageId);
}

async function settled(wire: WireHost, reply: () => Promise<Reply>, messageId: string | null): Promise<Reply> {
  try {
    return await reply();
  } catch (error) {
    return faultReply(wire, (error instanceof WireFault ? error : faults.internal()).fault, messageId);
  }
}
