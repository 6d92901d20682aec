import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { childOf, readXml, type XmlElement } from '../../../src/simulator/wire/xml-reader.ts';

const AUTHORIZATION = `Basic ${Buffer.from('hvadmin:Passw0rd!').toString('base64')}`;
const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';
export const WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2';
export const DMTF = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';
const WQL = 'http://schemas.microsoft.com/wbem/wsman/1/WQL';
const TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';
export const ENUMERATION = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration';
export const GET = `${TRANSFER}/Get`;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PostOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly agent?: Agent;
  /** Send without Content-Length, in these pieces. */
  readonly chunks?: readonly string[];
  readonly ca?: string;
}

/** One HTTP request over a real socket. `undefined` takes a default header away. */
export function post(url: string, body: string | Buffer, options: PostOptions = {}): Promise<HttpAnswer> {
  const wanted = { authorization: AUTHORIZATION, 'content-type': SOAP_TYPE, ...options.headers };
  const headers = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as Record<string, string>;
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(
      url,
      {
        method: options.method ?? 'POST',
        headers: options.chunks === undefined ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers,
        // No connection is kept by default: a server of another test may have had the same port.
        agent: options.agent ?? false,
        ...(options.ca === undefined ? {} : { ca: options.ca, servername: 'localhost' }),
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString('utf8') }),
        );
      },
    );
    request.on('error', reject);
    for (const chunk of options.chunks ?? []) request.write(chunk);
    request.end(options.chunks === undefined ? body : undefined);
  });
}

export interface MessageParts {
  readonly action?: string | null;
  readonly resourceUri?: string | null;
  readonly messageId?: string | null;
  readonly to?: string | null;
  readonly selectors?: Readonly<Record<string, string>>;
  readonly extraHeaders?: string;
  readonly body?: string;
}

/** A request envelope in the style of Windows' own client; null leaves a header out. */
export function message(parts: MessageParts): string {
  const {
    action = GET,
    resourceUri = `${WMI}/Msvm_ComputerSystem`,
    messageId = 'uuid:11111111-2222-3333-4444-555555555555',
    to = 'http://x/wsman',
  } = parts;
  const header = (name: string, value: string | null): string =>
    value === null ? '' : `<${name} s:mustUnderstand="true">${value}</${name}>`;
  const selectors = Object.entries(parts.selectors ?? {}).map(([name, value]) => `<w:Selector Name="${name}">${value}</w:Selector>`);
  return (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
    ` xmlns:n="${ENUMERATION}" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>` +
    header('a:Action', action) +
    header('a:To', to) +
    header('w:ResourceURI', resourceUri) +
    header('a:MessageID', messageId) +
    '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
    `${selectors.length > 0 ? `<w:SelectorSet>${selectors.join('')}</w:SelectorSet>` : ''}${parts.extraHeaders ?? ''}` +
    `</s:Header><s:Body>${parts.body ?? ''}</s:Body></s:Envelope>`
  );
}

export function enumerate(body: string, parts: MessageParts = {}): string {
  return message({ action: `${ENUMERATION}/Enumerate`, ...parts, body: `<n:Enumerate>${body}</n:Enumerate>` });
}

export function query(wql: string, body = '', parts: MessageParts = {}): string {
  const escaped = wql.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return enumerate(`${body}<w:Filter Dialect="${WQL}">${escaped}</w:Filter>`, { resourceUri: `${WMI}/*`, ...parts });
}

export function pull(context: string, body = '', parts: MessageParts = {}): string {
  const payload = `<n:Pull><n:EnumerationContext>${context}</n:EnumerationContext>${body}</n:Pull>`;
  return message({ action: `${ENUMERATION}/Pull`, ...parts, body: payload });
}

/** The content of the Body, parsed. */
export function payloadOf({ body }: HttpAnswer): XmlElement {
  const envelope = readXml(body);
  const payload = childOf(envelope, 'Body')?.children[0];
  if (payload === undefined) throw new Error(`no payload in ${body}`);
  return payload;
}

export function header({ body }: HttpAnswer, name: string): string | undefined {
  return at(readXml(body), 'Header', name)?.text;
}

/** The element at a path of local names. */
export function at(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((current, name) => (current === undefined ? undefined : childOf(current, name)), element);
}

export interface FaultView {
  readonly status: number;
  readonly code: string | undefined;
  readonly subcode: string | undefined;
  readonly detail: string | undefined;
  readonly wsmanCode: number | undefined;
  readonly action: string | undefined;
  readonly relatesTo: string | undefined;
}

export function fault(answer: HttpAnswer): FaultView {
  const payload = payloadOf(answer);
  const code = at(payload, 'Detail', 'WSManFault')?.attributes.get('Code');
  return {
    status: answer.status,
    code: at(payload, 'Code', 'Value')?.text,
    subcode: at(payload, 'Code', 'Subcode', 'Value')?.text,
    detail: at(payload, 'Detail', 'FaultDetail')?.text.replace(/^.*\//, ''),
    wsmanCode: code === undefined ? undefined : Number(code),
    action: header(answer, 'Action'),
    relatesTo: header(answer, 'RelatesTo'),
  };
}
