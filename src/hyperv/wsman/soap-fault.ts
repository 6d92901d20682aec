import { BY_CIM_STATUS, BY_FAULT_DETAIL, BY_HRESULT, BY_SUBCODE, type FaultMeaning, UNKNOWN_FAULT } from '../cim/fault-table.ts';
import { child, descend, descendants, type XmlElement } from '../xml/xml-reader.ts';
import type { Mask } from './secrets.ts';

/** A SOAP 1.2 fault, without prefixes. */
export interface SoapFault {
  /** Local name, e.g. "Sender". */
  readonly code: string;
  /** Local name, e.g. "AccessDenied"; null when the fault has none. */
  readonly subcode: string | null;
  /** As the host gave it, blanks collapsed, at most 400 characters. May be in any language. */
  readonly reason: string;
  /** Last segment of the `FaultDetail` URI. */
  readonly faultDetail: string | null;
  /** WSManFault or WMI code, unsigned. */
  readonly hresult: number | null;
  readonly cimStatus: number | null;
}

const MAX_REASON = 400;

/** Reads `Body/Fault`; null when the envelope's body holds no fault. Words of the host are masked before anything is left out of them. */
export function readFault(envelope: XmlElement, mask: Mask): SoapFault | null {
  const fault = descend(envelope, 'Body', 'Fault');
  if (fault === undefined) return null;
  const detail = child(fault, 'Detail');
  const reason = descend(fault, 'Reason', 'Text')?.text ?? '';
  const wordy = detail === undefined ? [] : descendants(detail);
  const message = wordy.find(({ local }) => local === 'Message')?.text ?? '';
  return {
    code: localName(mask(descend(fault, 'Code', 'Value')?.text ?? '')) ?? 'unknown',
    subcode: localName(mask(descend(fault, 'Code', 'Subcode', 'Value')?.text ?? '')),
    reason: mask(reason.trim() || message.trim())
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .slice(0, MAX_REASON),
    faultDetail: lastSegment(mask(wordy.find(({ local }) => local === 'FaultDetail')?.text ?? '')),
    hresult: readHresult(wordy),
    cimStatus: unsigned(wordy.find(({ local, nil }) => local === 'CIMStatusCode' && !nil)?.text),
  };
}

/**
 * The meaning of a fault by the most specific table that knows it. An unspecific subcode (`InternalError`, `DestinationUnreachable`)
 * yields to codes in the detail; a specific one (`AccessDenied`) does not yield to a CIM status.
 */
export function meaningOf(fault: SoapFault): FaultMeaning {
  const subcode = lookUp(BY_SUBCODE, fault.subcode ?? fault.code);
  const status = lookUp(BY_CIM_STATUS, fault.cimStatus);
  const specific = fault.subcode === 'DestinationUnreachable' && status?.refused ? status : (subcode ?? status);
  return lookUp(BY_HRESULT, fault.hresult) ?? lookUp(BY_FAULT_DETAIL, fault.faultDetail) ?? specific ?? UNKNOWN_FAULT;
}

function lookUp(table: Readonly<Record<string | number, FaultMeaning>>, key: string | number | null): FaultMeaning | undefined {
  return key !== null && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** "0x80338029" */
export function describeHresult(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
}

/**
 * The code our tables know, else the first one found. Windows writes it as decimal attribute (`WSManFault Code`), as element
 * (`error_Code`) or as whole text of an element ("HRESULT 0x80041002"). Codes in the middle of prose do not count: they may
 * belong to something the method did.
 */
function readHresult(detail: readonly XmlElement[]): number | null {
  const failures: number[] = [];
  for (const { attributes, local, text } of detail) {
    const hexadecimal = /^\s*(?:HRESULT\s+)?0x([0-9A-F]{8})\s*$/i.exec(text)?.[1];
    const code = unsigned(attributes?.Code) ?? (local === 'error_Code' ? unsigned(text) : null) ?? Number.parseInt(hexadecimal ?? '', 16);
    if (code >= 0x8000_0000 && code <= 0xffff_ffff) failures.push(code);
  }
  return failures.find((code) => BY_HRESULT[code] !== undefined) ?? failures[0] ?? null;
}

function unsigned(value: string | undefined): number | null {
  const trimmed = value?.trim() ?? '';
  return /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : null;
}

function localName(name: string): string | null {
  const trimmed = name.trim();
  return trimmed === '' ? null : printable(trimmed.slice(trimmed.indexOf(':') + 1));
}

function lastSegment(uri: string): string | null {
  const trimmed = uri.trim();
  return trimmed === '' ? null : printable(trimmed.slice(trimmed.lastIndexOf('/') + 1));
}

function printable(name: string): string {
  return name.replace(/[^\w.-]/g, '').slice(0, 80);
}
