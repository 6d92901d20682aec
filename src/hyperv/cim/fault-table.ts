import type { FailureClass, FailureCode } from '../../domain/failure.ts';

/**
 * What a fault means for us. `class` is for requests that may be repeated, and for methods when `refused`. A method that met
 * a fault without `refused` may have been carried out, and its failure is always class `reconcile`.
 */
export interface FaultMeaning {
  readonly code: FailureCode;
  readonly class: FailureClass;
  /** The fault proves that a method was not started. */
  readonly refused: boolean;
  readonly remedy: string;
}

const refused = (code: FailureCode, failureClass: FailureClass, remedy: string): FaultMeaning => ({
  code,
  class: failureClass,
  refused: true,
  remedy,
});
const open = (code: FailureCode, failureClass: FailureClass, remedy: string): FaultMeaning => ({
  code,
  class: failureClass,
  refused: false,
  remedy,
});

const RIGHTS = "Add the account to the host's Hyper-V Administrators and Remote Management Users groups.";
const GONE = 'Look at the host again: the object is no longer there, or it lives on another host.';
const NO_HYPERV = 'Check that the Hyper-V role is installed and that the Virtual Machine Management service runs.';
const DEFECT = 'The host does not know this request: check its Windows version, else report this as a defect of failback.';
const LATER = "The host is at a limit of its own: it is tried again later; lower the host's limits if this persists.";
const TIMED_OUT = 'The host took too long: it is looked at before anything else.';
const ENVELOPE = 'Raise the host\'s limit: winrm set winrm/config @{MaxEnvelopeSizekb="512"}.';
const EVENT_LOG = "Read the host's Hyper-V-VMMS/Admin and Windows Remote Management event logs.";

const denied = refused('host.forbidden', 'operator', RIGHTS);
const gone = refused('host.not-found', 'reconcile', GONE);
const noHyperV = refused('host.no-hyperv', 'operator', NO_HYPERV);
const unknownRequest = refused('host.fault', 'permanent', DEFECT);
const busy = refused('host.busy', 'retryable', LATER);
const timedOut = open('host.timeout', 'retryable', TIMED_OUT);
const tooLarge = open('host.envelope-too-small', 'operator', ENVELOPE);
const undetermined = open('host.fault', 'retryable', EVENT_LOG);

/** WSManFault codes (0x8033…) and WMI result codes (0x8004…), unsigned, as Windows gives them in the fault's detail. */
export const BY_HRESULT: Readonly<Record<number, FaultMeaning>> = {
  // WS-Management
  2150858752: gone,
  2150858843: gone,
  2150858793: timedOut,
  2150858790: tooLarge,
  2150858824: tooLarge,
  2150858825: tooLarge,
  2150859173: busy,
  2150859174: busy,
  2150859175: busy,
  2150859240: busy,
  2150859012: denied,
  2150859013: denied,
  2150859014: denied,
  // WMI
  2147749889: undetermined,
  2147749890: gone,
  2147749891: denied,
  2147749892: undetermined,
  2147749893: unknownRequest,
  2147749896: unknownRequest,
  2147749935: unknownRequest,
  2147749902: noHyperV,
  2147749904: noHyperV,
  2147749907: noHyperV,
  2147749909: undetermined,
  2147749938: undetermined,
  2147749939: undetermined,
  2147749993: timedOut,
  2147749996: open('host.busy', 'retryable', LATER),
};

/** Last segment of the `FaultDetail` URI. */
export const BY_FAULT_DETAIL: Readonly<Record<string, FaultMeaning>> = {
  InvalidResourceURI: noHyperV,
  UnexpectedSelectors: gone,
  InsufficientSelectors: unknownRequest,
  MinimumEnvelopeLimit: tooLarge,
  MaxEnvelopeSizeExceeded: tooLarge,
};

/** CIM status codes (DSP0223), where a server puts one into the detail. Status 2, 4 and 6 may also come from half-done work of a method. */
export const BY_CIM_STATUS: Readonly<Record<number, FaultMeaning>> = {
  2: open('host.forbidden', 'operator', RIGHTS),
  3: noHyperV,
  5: noHyperV,
  6: open('host.not-found', 'reconcile', GONE),
  14: open('host.fault', 'permanent', DEFECT),
  15: open('host.fault', 'permanent', DEFECT),
  16: unknownRequest,
  17: unknownRequest,
};

/** Local name of the SOAP fault's subcode, of its code where it has none. */
export const BY_SUBCODE: Readonly<Record<string, FaultMeaning>> = {
  AccessDenied: denied,
  ActionNotSupported: unknownRequest,
  CannotProcessFilter: unknownRequest,
  Concurrency: busy,
  DestinationUnreachable: gone,
  EncodingLimit: tooLarge,
  EndpointUnavailable: busy,
  FilterDialectRequestedUnavailable: unknownRequest,
  FilteringNotSupported: unknownRequest,
  InvalidMessageInformationHeader: unknownRequest,
  InvalidParameter: open('host.fault', 'permanent', DEFECT),
  InvalidSelectors: gone,
  MessageInformationHeaderRequired: unknownRequest,
  MustUnderstand: unknownRequest,
  QuotaLimit: busy,
  SchemaValidationError: unknownRequest,
  TimedOut: timedOut,
  UnsupportedFeature: unknownRequest,
  VersionMismatch: unknownRequest,
};

/** Internal errors and everything no table knows: it says nothing about what happened. */
export const UNKNOWN_FAULT: FaultMeaning = undetermined;
