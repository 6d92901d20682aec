import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import type { CimInstance } from '../cim/cim-instance.ts';
import { child, type XmlElement } from '../xml/xml-reader.ts';
import { element, text, type Xml } from '../xml/xml-writer.ts';
import { referenceContent, writeIdentify, writeMessage } from './envelope.ts';
import { NS } from './namespaces.ts';
import type { EndpointReference } from './resources.ts';
import type { Session } from './session.ts';
import { type Effect, isStaleConnection, type SoapAnswer } from './soap-exchange.ts';
import { readInstance } from './wire-instance.ts';

/** In-parameter of a method, as it is written; in the order of the method's signature. */
type WireParameter = readonly [name: string, value: string | EndpointReference];

interface WireRequest {
  /** e.g. "Msvm_ReplicationService.InitiateFailback" */
  readonly operation: string;
  readonly target: EndpointReference;
  readonly method: string;
  readonly parameters: readonly WireParameter[];
  /** `read` only for methods without any effect. */
  readonly effect: Effect;
  /** UUID. */
  readonly messageId: string;
  readonly sendBy: number | null;
}

export interface IdentifyAnswer extends Pick<SoapAnswer, 'date' | 'connection' | 'account'> {
  readonly productVendor: string | null;
  readonly productVersion: string | null;
  readonly protocolVersion: string | null;
}

/** Asks who is there, with credentials. */
export async function identify(session: Session, call: Call): Promise<IdentifyAnswer> {
  const { envelope, date, connection, account } = await again(session, () =>
    session.exchange({ ...call, operation: 'Identify', effect: 'read', message: writeIdentify(), messageId: null, sendBy: null }),
  );
  const response = firstOfBody(envelope);
  if (response?.local !== 'IdentifyResponse') throw unexpected(session.host, 'Identify', 'read');
  const value = (local: string): string | null => child(response, local)?.text.trim() || null;
  return {
    productVendor: value('ProductVendor'),
    productVersion: value('ProductVersion'),
    protocolVersion: value('ProtocolVersion'),
    date,
    connection,
    account,
  };
}

/** One object by its reference. @throws FailbackError `host.not-found` where the server can tell */
export async function get(session: Session, target: EndpointReference, call: Call): Promise<CimInstance> {
  const operation = `Get ${target.resourceUri.slice(target.resourceUri.lastIndexOf('/') + 1)}`;
  const messageId = randomUUID();
  const message = writeMessage({ ...session.headers(call), action: `${NS.transfer}/Get`, target, messageId, body: { xml: '' } });
  const { envelope } = await again(session, () =>
    session.exchange({ ...call, operation, effect: 'read', message, messageId, sendBy: null }),
  );
  const object = firstOfBody(envelope);
  if (object === undefined) throw unexpected(session.host, operation, 'read');
  return readInstance(object);
}

/**
 * Calls a method once; it is repeated only when its effect is `read`.
 * @returns the out-parameters with `ReturnValue`, whatever the server calls the element around them
 */
export async function invoke(session: Session, request: WireRequest, call: Call): Promise<CimInstance> {
  const { target, method, operation, effect, messageId, sendBy } = request;
  const action = `${target.resourceUri}/${method}`;
  const message = writeMessage({ ...session.headers(call), action, target, messageId, body: input(request) });
  const send = (): Promise<SoapAnswer> => session.exchange({ ...call, operation, effect, message, messageId, sendBy });
  const { envelope } = await (effect === 'read' ? again(session, send) : send());
  const output = firstOfBody(envelope);
  if (output === undefined) throw unexpected(session.host, operation, effect);
  return readInstance(output);
}

function input({ target, method, parameters }: WireRequest): Xml {
  const children = parameters.map(([name, value]) => {
    const content = typeof value === 'string' ? [text(value)] : referenceContent(value);
    return element(`r:${name}`, {}, ...content);
  });
  return element(`r:${method}_INPUT`, { 'xmlns:r': target.resourceUri }, ...children);
}

async function again<T>(session: Session, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isStaleConnection(error)) throw error;
    session.dropIdle();
    return read();
  }
}

function firstOfBody(envelope: XmlElement): XmlElement | undefined {
  return child(envelope, 'Body')?.children[0];
}

function unexpected(host: string, operation: string, effect: Effect): FailbackError {
  return new FailbackError({
    class: effect === 'read' ? 'retryable' : 'reconcile',
    code: 'host.malformed-answer',
    message: `The answer of host ${host} to ${operation} is a message without the expected content`,
    remedy: 'Report the product and version the host names.',
    details: { host, operation, sent: true },
  });
}
