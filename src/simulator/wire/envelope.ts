import { randomUUID } from 'node:crypto';
import type { FaultAnswer } from './fault.ts';
import { ACTION, ANONYMOUS, NS } from './namespaces.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

const OPEN_ENVELOPE =
  `<s:Envelope xml:lang="en-US" xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:n="${NS.enumeration}"` +
  ` xmlns:w="${NS.wsman}" xmlns:p="${NS.microsoft}">`;
const CLOSE_ENVELOPE = '</s:Body></s:Envelope>';

/**
 * A complete answer. `body` is what stands inside the Body and must be XML already; the prefixes s, a, n, w are bound in it.
 * `relatesTo` is the MessageID of the request, null when it had none.
 */
export function envelope(action: string, relatesTo: string | null, body: string, extraHeader = ''): string {
  return (
    `${OPEN_ENVELOPE}<s:Header><a:Action>${escapeText(action)}</a:Action>` +
    `<a:MessageID>uuid:${randomUUID().toUpperCase()}</a:MessageID><a:To>${ANONYMOUS}</a:To>` +
    `${relatesTo === null ? '' : `<a:RelatesTo>${escapeText(relatesTo)}</a:RelatesTo>`}${extraHeader}</s:Header><s:Body>${body}${CLOSE_ENVELOPE}`
  );
}

/** A complete fault. `machine` is the host's name, as Windows puts it beside the code. */
export function faultEnvelope(fault: FaultAnswer, relatesTo: string | null, machine: string): string {
  const subcode = fault.subcode === null ? '' : `<s:Subcode><s:Value>${escapeText(wirePrefix(fault.subcode))}</s:Value></s:Subcode>`;
  const code =
    fault.wsmanFaultCode === undefined
      ? ''
      : `<f:WSManFault xmlns:f="${NS.wsmanFault}" Code="${fault.wsmanFaultCode >>> 0}" Machine="${escapeAttribute(machine)}">` +
        `<f:Message>${escapeText(fault.reason)}</f:Message></f:WSManFault>`;
  const detailUri = fault.detail === undefined ? '' : `<w:FaultDetail>${escapeText(fault.detail)}</w:FaultDetail>`;
  const detail = `${detailUri}${code}` === '' ? '' : `<s:Detail>${detailUri}${code}</s:Detail>`;
  const header = (fault.notUnderstood ?? [])
    .map(({ namespace, localName }) => `<s:NotUnderstood qname="u:${localName}" xmlns:u="${escapeAttribute(namespace)}"/>`)
    .join('');
  return envelope(
    faultAction(fault.subcode),
    relatesTo,
    `<s:Fault><s:Code><s:Value>s:${fault.code}</s:Value>${subcode}</s:Code>` +
      `<s:Reason><s:Text xml:lang="en-US">${escapeText(fault.reason)}</s:Text></s:Reason>${detail}</s:Fault>`,
    header,
  );
}

function wirePrefix(subcode: string): string {
  return subcode
    .replace(/^wsman:/, 'w:')
    .replace(/^wsa:/, 'a:')
    .replace(/^wsen:/, 'n:');
}

function faultAction(subcode: string | null): string {
  if (subcode?.startsWith('wsman:')) return ACTION.wsmanFault;
  return subcode?.startsWith('wsen:') ? ACTION.enumerationFault : ACTION.addressingFault;
}
