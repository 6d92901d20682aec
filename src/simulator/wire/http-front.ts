import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CimHost } from '../cim.ts';
import { authenticate } from './basic-auth.ts';
import { isIdentify, understand } from './dispatch.ts';
import { envelope, faultEnvelope } from './envelope.ts';
import { FAULT_STATUS, type FaultAnswer, faults, WireFault } from './fault.ts';
import { identifyAnswer } from './get-operation.ts';
import { answerLimit, type Operation, type WireHost } from './operation.ts';
import { BodyRefused, decodeBody, readBody } from './request-body.ts';
import { readMessage, readRequest, type SoapMessage } from './soap-request.ts';

const PATH = /^\/wsman\/?(?:\?.*)?$/i;

interface Reply {
  readonly status: number;
  readonly body: string;
}

const UNAUTHORIZED: Reply = { status: 401, body: '' };

/**
 * Answers HTTP requests for one host: path, logon, content type, then the message. `poweredUntil` gives the signal that
 * aborts when the host loses power; a request that is still waiting then is not carried out.
 */
export function httpFront(wire: WireHost, poweredUntil: () => AbortSignal): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    serve(wire, request, poweredUntil()).then(
      (reply) => {
        if (reply === null) request.socket.destroy();
        else send(wire.host, response, reply);
      },
      () => request.socket.destroy(),
    );
  };
}

function send(host: CimHost, response: ServerResponse, { status, body }: Reply): void {
  const bytes = Buffer.from(body);
  response.sendDate = false;
  response.setHeader('Date', new Date(host.now()).toUTCString());
  response.setHeader('Server', 'Microsoft-HTTPAPI/2.0');
  response.setHeader('Content-Length', bytes.length);
  if (bytes.length > 0) response.setHeader('Content-Type', 'application/soap+xml;charset=UTF-8');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="WSMAN"');
  if (status === 405) response.setHeader('Allow', 'POST');
  if (status === 413) response.setHeader('Connection', 'close');
  response.writeHead(status).end(bytes);
}

/** Null: cut the connection instead of answering. */
async function serve(wire: WireHost, request: IncomingMessage, power: AbortSignal): Promise<Reply | null> {
  try {
    const body = await readBody(request);
    if (!PATH.test(request.url ?? '')) return { status: 404, body: '' };
    if (request.method !== 'POST') return { status: 405, body: '' };
    const user = authenticate(request.headers.authorization, wire.host);
    if (user === null && request.headers.wsmanidentify === undefined) return UNAUTHORIZED;
    return await serveDocument(wire, decodeBody(body, request.headers['content-type']), user, power);
  } catch (error) {
    if (error instanceof BodyRefused) return { status: error.status, body: '' };
    throw error;
  }
}

async function serveDocument(wire: WireHost, document: string, user: string | null, power: AbortSignal): Promise<Reply | null> {
  let message: SoapMessage | null = null;
  try {
    message = readMessage(document);
    if (isIdentify(message)) {
      const info = { kind: 'identify', className: null, method: null, vmId: null, messageId: message.messageId } as const;
      return await dispose(wire, { info, reply: () => ({ status: 200, body: identifyAnswer(user !== null) }) }, message, power);
    }
    if (user === null) return UNAUTHORIZED;
    const request = readRequest(message);
    const operation = understand(wire, request);
    const reply = async (): Promise<Reply> => {
      const { action, body } = await operation.carryOut(user);
      const document = envelope(action, request.messageId, body);
      if (Buffer.byteLength(document) > answerLimit(wire, request)) throw faults.answerTooLarge();
      return { status: 200, body: document };
    };
    return await dispose(wire, { info: operation.info, reply }, message, power);
  } catch (error) {
    if (power.aborted) return null;
    const { fault } = error instanceof WireFault ? error : faults.internal();
    return faultReply(wire, fault, message?.messageId ?? null);
  }
}

function faultReply({ host }: WireHost, fault: FaultAnswer, relatesTo: string | null): Reply {
  return { status: FAULT_STATUS, body: faultEnvelope(fault, relatesTo, host.name) };
}

interface Understood {
  readonly info: Operation['info'];
  reply(): Reply | Promise<Reply>;
}

/** Carries a request out as far as the host's disposition lets it. */
async function dispose(wire: WireHost, { info, reply }: Understood, message: SoapMessage, power: AbortSignal): Promise<Reply | null> {
  const { delayBeforeMs = 0, delayAfterMs = 0, drop, refuse } = wire.host.disposition(info);
  if (delayBeforeMs > 0) await delay(delayBeforeMs, undefined, { signal: power });
  if (drop === 'before' || power.aborted) return null;
  const answer = refuse === undefined ? await settled(wire, reply, message) : refused(wire, refuse, message);
  if (delayAfterMs > 0) await delay(delayAfterMs, undefined, { signal: power });
  return drop === 'after' || power.aborted ? null : answer;
}

function refused(wire: WireHost, refuse: 'unauthorized' | FaultAnswer, { messageId }: SoapMessage): Reply {
  return refuse === 'unauthorized' ? UNAUTHORIZED : faultReply(wire, refuse, messageId);
}

async function settled(wire: WireHost, reply: Understood['reply'], { messageId }: SoapMessage): Promise<Reply> {
  try {
    return await reply();
  } catch (error) {
    return faultReply(wire, (error instanceof WireFault ? error : faults.internal()).fault, messageId);
  }
}
