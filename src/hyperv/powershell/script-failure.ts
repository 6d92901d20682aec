import { FailbackError, type FailureClass, type FailureCode } from '../../domain/failure.ts';
import { BY_CIM_STATUS, BY_HRESULT, type FaultMeaning, UNKNOWN_FAULT } from '../cim/fault-table.ts';
import type { ScriptFailure } from './script-answer.ts';
import type { ShellError } from './shell.ts';

/** What was tried. */
export interface Attempt {
  readonly host: string;
  /** For messages, e.g. "Msvm_ReplicationService.InitiateFailback". */
  readonly operation: string;
  /** It is not repeated on a guess. */
  readonly change: boolean;
  /** The CIM session was still to be opened: the operation itself was not handed over. */
  readonly connecting: boolean;
}

const REACH = 'Check address, port, firewall and that the WinRM service runs: winrm enumerate winrm/config/listener.';
const NAME = 'Check the name in the plan and DNS.';
const LOG_ON = 'Check the credentials of the plan, and that the account may log on to the host.';
const TRUST = "Check the host's certificate: its name, its dates, and that this machine trusts who issued it.";
const TRUSTED_HOSTS = 'Use https://, or the host by a name Kerberos knows, or add it to TrustedHosts of this machine.';
const ENDPOINT = "Register failback's endpoint on the host, of this version, under the name in the plan: docs/hyper-v.md.";
const CUT_OFF = 'Check whether the host or its WinRM service restarted, and what stands between this machine and the host.';

const open = (code: FailureCode, failureClass: FailureClass, remedy: string): FaultMeaning => ({
  code,
  class: failureClass,
  refused: false,
  remedy,
});
const refused = (code: FailureCode, failureClass: FailureClass, remedy: string): FaultMeaning => ({
  ...open(code, failureClass, remedy),
  refused: true,
});

const unreachable = open('host.unreachable', 'retryable', REACH);
const cutOff = open('host.disconnected', 'retryable', CUT_OFF);
const unresolved = refused('host.name-unresolved', 'retryable', NAME);
const unauthorized = refused('host.unauthorized', 'operator', LOG_ON);
const untrusted = refused('host.tls', 'operator', TRUST);

const noConfiguration = refused('powershell.unavailable', 'operator', ENDPOINT);

/** What our own scripts say. */
const OF_THE_SCRIPT: Readonly<Record<string, FaultMeaning>> = {
  'failback.broken': refused('host.disconnected', 'retryable', CUT_OFF),
  'failback.not-allowed': refused('host.forbidden', 'operator', ENDPOINT),
};

/** What Windows' own clients say where ours would see a socket: WinRM, WinHTTP, RPC, SSPI. */
const OF_THE_CLIENT: Readonly<Record<number, FaultMeaning>> = {
  2150858770: unreachable,
  2150859046: unreachable,
  2150859193: unresolved,
  2150858980: refused('host.unauthorized', 'operator', TRUSTED_HOSTS),
  2150859019: refused('host.unauthorized', 'operator', TRUSTED_HOSTS),
  2150858754: noConfiguration,
  2150858811: noConfiguration,
  2147942453: unresolved,
  2147943711: unauthorized,
  2147954402: open('host.timeout', 'retryable', REACH),
  2147954407: unresolved,
  2147954429: unreachable,
  2147954430: cutOff,
  2147954437: untrusted,
  2147954438: untrusted,
  2147954445: untrusted,
  2147954575: untrusted,
  2147944122: unreachable,
  2147944126: cutOff,
  2147944127: cutOff,
  2147943726: unauthorized,
  2148074243: unauthorized,
  2148074252: unauthorized,
  2148074254: unauthorized,
  2148074257: unauthorized,
  2148074274: unauthorized,
};
const ACCESS_DENIED = 0x80070005;

const BY_CATEGORY: Readonly<Record<string, FaultMeaning>> = {
  AuthenticationError: unauthorized,
  ConnectionError: unreachable,
  ObjectNotFound: open(
    'host.not-found',
    'reconcile',
    'Look at the host again: the object is no longer there, or it lives on another host.',
  ),
  OperationTimeout: open('host.timeout', 'retryable', 'The host took too long: it is looked at before anything else.'),
};

const MAX_MESSAGE = 400;
/** Characters of the name of an `ErrorCategory`. */
const MAX_NAME = 80;

/** A failure the script told of, in one of the four classes. */
export function failureOfScript(attempt: Attempt, failure: ScriptFailure): FailbackError {
  const { host, operation, change, connecting } = attempt;
  const handedOver = !connecting && change && failure.sent;
  if (!handedOver) {
    if (failure.errorId === 'failback.late') return notSent(attempt, 'had to be asked sooner');
    if (failure.errorId?.startsWith('CommandNotFoundException')) return noCimCmdlets(host);
    if (failure.errorId === 'failback.endpoint') return noEndpoint(host);
  }
  const hresult = hresultOf(failure);
  const meaning = meaningOf(failure, hresult, connecting);
  // An endpoint is handed a request by one message and gives its answer to another, which alone may have failed.
  const isRefused = meaning.refused && !(handedOver && failure.transportCode !== null);
  const sent = !connecting && !isRefused && (!change || failure.sent);
  const category = failure.category.replace(/\W/g, '').slice(0, MAX_NAME);
  const known = hresult === null ? category || 'no code' : describe(hresult);
  const words = (failure.message ?? '').replace(/[\s\p{Cc}]+/gu, ' ').slice(0, MAX_MESSAGE);
  return new FailbackError({
    class: sent && change ? 'reconcile' : meaning.class,
    code: meaning.code,
    message: `Host ${host} could not be asked for ${operation} by PowerShell (${known})${words === '' ? '' : `: ${words}`}`,
    remedy: meaning.remedy,
    details: {
      host,
      operation,
      hresult: hresult === null ? null : describe(hresult),
      native: nativeOf(failure),
      category,
      sent,
    },
  });
}

/** A shell that gave no answer at all. @param handedOver the operation itself was given to it */
export function failureOfShell({ host, operation, change }: Attempt, { trouble }: ShellError, handedOver: boolean): FailbackError {
  if (trouble === 'not-started') {
    return new FailbackError({
      class: 'operator',
      code: 'powershell.unavailable',
      message: `PowerShell, by which host ${host} is to be asked, could not be started`,
      remedy: 'Check that Windows PowerShell 5.1 or PowerShell 7 is installed on this machine and that its policies let scripts run.',
      details: { host, operation, sent: false },
    });
  }
  const what = {
    ended: ['host.disconnected', 'ended'],
    killed: ['host.timeout', 'did not answer in time and was ended'],
    unreadable: ['host.malformed-answer', 'gave an answer that can not be read'],
  } as const;
  const [code, words] = what[trouble];
  return new FailbackError({
    class: handedOver && change ? 'reconcile' : 'retryable',
    code: handedOver || !change ? code : 'host.not-sent',
    message: `The PowerShell session for host ${host} ${words} (${operation})`,
    remedy: 'Nothing to do once; if it persists, ask the host by PowerShell on this machine by hand.',
    details: { host, operation, sent: handedOver },
  });
}

/** Nothing was handed over in time. */
export function notSent({ host, operation }: Attempt, what: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'host.not-sent',
    message: `Host ${host} ${what} (${operation})`,
    remedy: 'Nothing to do: it is tried again; check the load of this machine if it persists.',
    details: { host, operation, sent: false },
  });
}

/** How far an operation came: waiting for a session, in one that logs on, or given to the script. */
export type Stage = 'waiting' | 'connecting' | 'asked';

/** Nobody waits any more, or not longer than this. */
export function overdue(attempt: Attempt, stage: Stage): FailbackError {
  const { host, operation, change } = attempt;
  if (stage === 'waiting') return notSent(attempt, 'could not be asked in time: no PowerShell session was free or ready');
  if (stage === 'connecting' && change) return notSent(attempt, 'did not take the log-on in time');
  return new FailbackError({
    class: change ? 'reconcile' : 'retryable',
    code: 'host.timeout',
    message: `Host ${host} did not answer in time (${operation})`,
    remedy: 'Check the load of the host and the network; the limits are in the plan.',
    details: { host, operation, sent: stage === 'asked' },
  });
}

function noCimCmdlets(host: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'powershell.unavailable',
    message: `The PowerShell by which host ${host} is to be asked has no CIM cmdlets`,
    remedy: 'Run this worker on Windows, or ask the host by WS-Management.',
    details: { host, sent: false },
  });
}

function noEndpoint(host: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'powershell.unavailable',
    message: `The session configuration by which host ${host} is to be asked is none of this version of failback`,
    remedy: ENDPOINT,
    details: { host, sent: false },
  });
}

/** The most specific table that knows it: numbers before categories. Before the log-on "denied" is about the log-on. */
function meaningOf(failure: ScriptFailure, hresult: number | null, connecting: boolean): FaultMeaning {
  const own = OF_THE_SCRIPT[failure.errorId ?? ''];
  if (own !== undefined) return own;
  if (hresult === ACCESS_DENIED) return connecting ? unauthorized : (BY_CIM_STATUS[2] ?? UNKNOWN_FAULT);
  const byNumber = hresult === null ? undefined : (BY_HRESULT[hresult] ?? OF_THE_CLIENT[hresult]);
  const byName = Object.hasOwn(BY_CATEGORY, failure.category) ? BY_CATEGORY[failure.category] : undefined;
  return byNumber ?? BY_CIM_STATUS[nativeOf(failure) ?? -1] ?? byName ?? UNKNOWN_FAULT;
}

function nativeOf({ native }: ScriptFailure): number | null {
  return native !== null && /^\d{1,10}$/.test(native) ? Number(native) : null;
}

/** The code our tables know, else the first one; the generic ones of .NET say nothing. */
function hresultOf({ messageId, errorId, errorCode, transportCode, hresult }: ScriptFailure): number | null {
  const written = [messageId, errorId].map((text) => Number.parseInt(/0x([0-9a-f]{8})\b/i.exec(text ?? '')?.[1] ?? '', 16));
  const decimal = [errorCode, ofTransport(transportCode), hresult].map((text) => (text === null ? Number.NaN : Number(text) >>> 0));
  const found = [...written, ...decimal].filter((code) => code >= 0x8000_0000 && !/^8013/i.test(code.toString(16)));
  return found.find((code) => code in BY_HRESULT || code in OF_THE_CLIENT) ?? found[0] ?? null;
}

/** WinRM's own code, or one of Windows as a HRESULT. */
function ofTransport(code: string | null): string | null {
  return code !== null && /^[1-9]\d{0,4}$/.test(code) ? String(0x8007_0000 + Number(code)) : code;
}

function describe(hresult: number): string {
  return `0x${hresult.toString(16).toUpperCase().padStart(8, '0')}`;
}
