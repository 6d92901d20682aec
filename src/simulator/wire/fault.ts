import type { SoapFault } from '../cim.ts';
import { FAULT_DETAIL } from './namespaces.ts';

/** A fault as it goes over the wire: the two SOAP codes without a subcode, and everything a {@link SoapFault} can say. */
export interface FaultAnswer extends Omit<SoapFault, 'code' | 'subcode'> {
  readonly code: SoapFault['code'] | 'MustUnderstand' | 'VersionMismatch';
  readonly subcode: string | null;
  /** Qualified names of the headers a MustUnderstand fault is about. */
  readonly notUnderstood?: readonly { readonly namespace: string; readonly localName: string }[];
}

/** Thrown anywhere while a request is carried out; becomes the SOAP fault of the answer. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly fault: FaultAnswer;

  constructor(fault: FaultAnswer) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** HTTP status of every fault, whoever is to blame: WinRM does it so, and OMI's client reads a fault with this status only. */
export const FAULT_STATUS = 500;

function sender(subcode: string, wsmanFaultCode: number, reason: string, detail?: string): WireFault {
  return new WireFault({
    code: 'Sender',
    subcode,
    reason,
    wsmanFaultCode,
    ...(detail === undefined ? {} : { detail: `${FAULT_DETAIL}/${detail}` }),
  });
}

/** The faults of this server, with the codes Windows puts into `WSManFault` (constants `ERROR_WSMAN_…` of its SDK). */
export const faults = {
  malformed: (why: string) => sender('wsman:SchemaValidationError', 0x80338041, `The request is not a valid SOAP message: ${why}`),
  versionMismatch: () =>
    new WireFault({
      code: 'VersionMismatch',
      subcode: null,
      reason: 'The SOAP version of the request is not supported.',
      wsmanFaultCode: 0x8033800d,
    }),
  mustUnderstand: (headers: FaultAnswer['notUnderstood'] & object) =>
    new WireFault({
      code: 'MustUnderstand',
      subcode: null,
      reason: 'The request has a SOAP header marked mustUnderstand that this service does not know.',
      wsmanFaultCode: 0x80338010,
      notUnderstood: headers,
    }),
  headerRequired: (header: string) => sender('wsa:MessageInformationHeaderRequired', 0x80338011, `The request has no ${header} header.`),
  invalidHeader: (header: string, why: string) =>
    sender('wsa:InvalidMessageInformationHeader', 0x8033800f, `The ${header} header is not valid: ${why}.`),
  actionNotSupported: (action: string) =>
    sender('wsa:ActionNotSupported', 0x80338013, `The action is not supported by the service: ${action}`),
  invalidResourceUri: (uri: string) =>
    sender('wsa:DestinationUnreachable', 0x8033803b, `The resource URI is missing or not valid: ${uri}`, 'InvalidResourceURI'),
  unknownClass: (name: string) =>
    sender('wsa:DestinationUnreachable', 0x80338000, `There is no class or namespace ${name} on this host.`, 'InvalidResourceURI'),
  notFound: () =>
    sender('wsa:DestinationUnreachable', 0x80338000, 'The service cannot find the resource identified by the resource URI and selectors.'),
  invalidSelectors: (detail: 'UnexpectedSelectors' | 'InsufficientSelectors' | 'DuplicateSelectors' | 'TypeMismatch', why: string) =>
    sender('wsman:InvalidSelectors', 0x8033803d, `The selectors are not valid for the resource: ${why}`, detail),
  accessDenied: () => sender('wsman:AccessDenied', 5, 'Access is denied.'),
  invalidBody: (why: string) => sender('wsman:SchemaValidationError', 0x80338027, `The SOAP body is not valid: ${why}`),
  invalidParameterName: (why: string) => sender('wsman:InvalidParameter', 0x80338055, why, 'InvalidName'),
  invalidParameterValue: (why: string) => sender('wsman:InvalidParameter', 0x8033803a, why, 'InvalidValue'),
  unsupportedFeature: (why: string, detail: string) => sender('wsman:UnsupportedFeature', 0x80338045, why, detail),
  dialectUnavailable: (dialect: string) =>
    sender('wsen:FilterDialectRequestedUnavailable', 0x80338019, `The filter dialect is not supported: ${dialect}`),
  cannotProcessFilter: (why: string) => sender('wsen:CannotProcessFilter', 0x8033801a, `The filter could not be processed: ${why}`),
  invalidContext: () =>
    new WireFault({
      code: 'Receiver',
      subcode: 'wsen:InvalidEnumerationContext',
      reason: 'The enumeration context is not valid: the enumeration was completed, released or has expired.',
      wsmanFaultCode: 0x8033801b,
    }),
  tooManyEnumerations: (limit: number) =>
    sender('wsman:QuotaLimit', 0x8033803f, `There are ${limit} enumerations open on this host; complete or release some.`),
  envelopeTooSmall: (least: number) =>
    sender('wsman:EncodingLimit', 0x80338047, `MaxEnvelopeSize must be at least ${least}.`, 'MinimumEnvelopeLimit'),
  answerTooLarge: () =>
    sender(
      'wsman:EncodingLimit',
      0x80338048,
      'The response that the service computed exceeds the maximum envelope size in the request.',
      'MaxEnvelopeSizeExceeded',
    ),
  internal: () =>
    new WireFault({
      code: 'Receiver',
      subcode: 'wsman:InternalError',
      reason: 'The service cannot comply with the request because of an internal error.',
    }),
} as const;
