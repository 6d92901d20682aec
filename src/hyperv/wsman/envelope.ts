import { element, text, type Xml } from '../xml/xml-writer.ts';
import { ANONYMOUS, NS } from './namespaces.ts';
import type { EndpointReference } from './resources.ts';

/** A request message, before it is written. */
export interface Message {
  /** URL of the endpoint, for the `To` header. */
  readonly to: string;
  readonly action: string;
  /** What the request is about; its selectors become the `SelectorSet`. */
  readonly target: EndpointReference;
  /** UUID without `uuid:`. */
  readonly messageId: string;
  /** Largest answer wanted, bytes. */
  readonly maxEnvelopeSize: number;
  /** Milliseconds the server should try; it may ignore this. */
  readonly operationTimeoutMs: number;
  readonly body: Xml;
}

const MUST = { 's:mustUnderstand': 'true' };
const MAY = { 's:mustUnderstand': 'false' };
const PREFIXES = {
  'xmlns:s': NS.soap,
  'xmlns:a': NS.addressing,
  'xmlns:n': NS.enumeration,
  'xmlns:w': NS.wsman,
  'xmlns:p': NS.winrm,
};

/** The whole message as text, with the headers Windows documents, in the order its own client sends them. No XML declaration: the bytes are UTF-8. */
export function writeMessage(message: Message): string {
  const { target } = message;
  const header = element(
    's:Header',
    {},
    element('a:To', {}, text(message.to)),
    element('w:ResourceURI', MUST, text(target.resourceUri)),
    element('a:ReplyTo', {}, element('a:Address', MUST, text(ANONYMOUS))),
    element('a:Action', MUST, text(message.action)),
    element('w:MaxEnvelopeSize', MUST, text(String(message.maxEnvelopeSize))),
    element('a:MessageID', {}, text(`uuid:${message.messageId}`)),
    element('w:Locale', { 'xml:lang': 'en-US', ...MAY }),
    element('p:DataLocale', { 'xml:lang': 'en-US', ...MAY }),
    element('w:OperationTimeout', {}, text(`PT${(message.operationTimeoutMs / 1000).toFixed(3)}S`)),
    ...(target.selectors.size === 0 ? [] : [selectorSet(target)]),
  );
  return element('s:Envelope', PREFIXES, header, element('s:Body', {}, message.body)).xml;
}

/** The message that asks who is there; it has no addressing headers. */
export function writeIdentify(): string {
  const body = element('s:Body', {}, element('i:Identify', {}));
  return element('s:Envelope', { 'xmlns:s': NS.soap, 'xmlns:i': NS.identity }, element('s:Header', {}), body).xml;
}

/** The two children of a reference parameter: address (always anonymous) and reference parameters. */
export function referenceContent(reference: EndpointReference): readonly Xml[] {
  return [
    element('a:Address', {}, text(ANONYMOUS)),
    element('a:ReferenceParameters', {}, element('w:ResourceURI', {}, text(reference.resourceUri)), selectorSet(reference)),
  ];
}

function selectorSet({ selectors }: EndpointReference): Xml {
  return element('w:SelectorSet', {}, ...Array.from(selectors, ([name, value]) => element('w:Selector', { Name: name }, text(value))));
}
