import { faults } from './fault.ts';
import { ANONYMOUS, NS } from './namespaces.ts';
import { childOf, readXml, type XmlElement, XmlError } from './xml-reader.ts';

/** DSP0226 lets a service refuse smaller envelopes than this. */
const LEAST_ENVELOPE_BYTES = 8192;
const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/';
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[^\s<>]+$/i;

const KNOWN_HEADERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [NS.addressing, new Set(['Action', 'To', 'MessageID', 'ReplyTo', 'FaultTo', 'From', 'RelatesTo'])],
  [
    NS.wsman,
    new Set(['ResourceURI', 'SelectorSet', 'OperationTimeout', 'MaxEnvelopeSize', 'Locale', 'OptionSet', 'FragmentTransfer', 'RequestEPR']),
  ],
  [NS.microsoft, new Set(['DataLocale', 'SessionId', 'OperationID', 'SequenceId', 'CompressionType', 'ActivityId'])],
]);

/** A message with its envelope read and nothing decided yet. */
export interface SoapMessage {
  readonly header: XmlElement | null;
  /** The Body's first child; null when the Body is empty. */
  readonly payload: XmlElement | null;
  /** As sent; null when absent (or not readable). */
  readonly messageId: string | null;
}

/** The headers of a request that passed all checks. */
export interface SoapRequest {
  readonly action: string;
  readonly messageId: string;
  readonly resourceUri: string | null;
  /** In the order of the message. Without `__cimnamespace`, which stands in `cimNamespace`. */
  readonly selectors: readonly Selector[];
  readonly cimNamespace: string | null;
  /** Bytes; null when the request sets no limit. */
  readonly maxEnvelopeBytes: number | null;
  readonly payload: XmlElement | null;
}

export interface Selector {
  readonly name: string;
  readonly value: string;
}

/** Reads the envelope. Throws the faults for malformed XML, for a root that is no Envelope and for SOAP 1.1. */
export function readMessage(document: string): SoapMessage {
  const root = parse(document);
  if (root.localName !== 'Envelope') throw faults.malformed(`its root element is ${root.localName}`);
  if (root.namespace === SOAP_1_1) throw faults.versionMismatch();
  if (root.namespace !== NS.soap) throw faults.malformed('the Envelope is in no SOAP namespace');
  const body = childOf(root, 'Body', NS.soap);
  if (body === undefined) throw faults.malformed('it has no Body');
  const header = childOf(root, 'Header', NS.soap) ?? null;
  const messageId = header === null ? null : (childOf(header, 'MessageID', NS.addressing)?.text.trim() ?? null);
  return { header, payload: body.children[0] ?? null, messageId: messageId === '' ? null : messageId };
}

function parse(document: string): XmlElement {
  try {
    return readXml(document);
  } catch (error) {
    if (error instanceof XmlError) throw faults.malformed(error.message);
    throw error;
  }
}

/** Checks the headers. Throws MustUnderstand, MessageInformationHeaderRequired, InvalidMessageInformationHeader and their kin. */
export function readRequest(message: SoapMessage): SoapRequest {
  const headers = message.header?.children ?? [];
  refuseUnknownMandatory(headers);
  const single = (namespace: string, localName: string): XmlElement | undefined => {
    const found = headers.filter((header) => header.localName === localName && header.namespace === namespace);
    if (found.length > 1) throw faults.invalidHeader(localName, 'it occurs more than once');
    return found[0];
  };
  const required = (localName: string): string => {
    const text = single(NS.addressing, localName)?.text.trim();
    if (text === undefined) throw faults.headerRequired(localName);
    if (!ABSOLUTE_URI.test(text)) throw faults.invalidHeader(localName, 'it is not an absolute URI');
    return text;
  };
  const action = required('Action');
  const messageId = required('MessageID');
  required('To');
  const replyTo = single(NS.addressing, 'ReplyTo');
  if (replyTo !== undefined && childOf(replyTo, 'Address', NS.addressing)?.text.trim() !== ANONYMOUS) {
    throw faults.invalidHeader('ReplyTo', 'only the anonymous address is supported');
  }
  if (single(NS.wsman, 'FragmentTransfer') !== undefined) {
    throw faults.unsupportedFeature('Fragment transfer is not supported.', 'FragmentLevelAccess');
  }
  const selectors = readSelectors(single(NS.wsman, 'SelectorSet'));
  return {
    action,
    messageId,
    resourceUri: single(NS.wsman, 'ResourceURI')?.text.trim() || null,
    selectors: selectors.filter((selector) => !isCimNamespace(selector)),
    cimNamespace: selectors.find(isCimNamespace)?.value ?? null,
    maxEnvelopeBytes: readEnvelopeLimit(single(NS.wsman, 'MaxEnvelopeSize')),
    payload: message.payload,
  };
}

export const isCimNamespace = (selector: Selector): boolean => selector.name.toLowerCase() === '__cimnamespace';

/** The selectors of a SelectorSet, in a header or in an endpoint reference. Throws InvalidSelectors. */
export function readSelectors(set: XmlElement | undefined): Selector[] {
  const seen = new Set<string>();
  return (set?.children ?? []).map((child) => {
    const name = child.attributes.get('Name') ?? child.attributes.get(`{${NS.wsman}}Name`);
    if (child.localName !== 'Selector' || name === undefined) throw faults.invalidBody('a SelectorSet holds Selector elements with a Name');
    if (seen.has(name.toLowerCase())) throw faults.invalidSelectors('DuplicateSelectors', `${name} occurs more than once.`);
    if (child.children.length > 0) throw faults.invalidSelectors('TypeMismatch', `${name} must be plain text.`);
    seen.add(name.toLowerCase());
    return { name, value: child.text };
  });
}

function refuseUnknownMandatory(headers: readonly XmlElement[]): void {
  const unknown = headers.filter((header) => {
    const mandatory = header.attributes.get(`{${NS.soap}}mustUnderstand`)?.trim();
    return (mandatory === 'true' || mandatory === '1') && !KNOWN_HEADERS.get(header.namespace)?.has(header.localName);
  });
  if (unknown.length > 0) throw faults.mustUnderstand(unknown);
}

function readEnvelopeLimit(header: XmlElement | undefined): number | null {
  if (header === undefined) return null;
  const text = header.text.trim();
  if (!/^\d{1,15}$/.test(text)) throw faults.invalidHeader('MaxEnvelopeSize', 'it is not a number of bytes');
  const bytes = Number(text);
  if (bytes < LEAST_ENVELOPE_BYTES) throw faults.envelopeTooSmall(LEAST_ENVELOPE_BYTES);
  return bytes;
}
