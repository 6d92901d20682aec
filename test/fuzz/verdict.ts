import { FailbackError } from '../../src/domain/failure.ts';
import { BY_CIM_STATUS, BY_FAULT_DETAIL, BY_HRESULT, BY_SUBCODE, type FaultMeaning } from '../../src/hyperv/cim/fault-table.ts';
import { childOf, readXml, type XmlElement } from '../../src/simulator/wire/xml-reader.ts';
import { Finding, outcomeOf } from './outcome.ts';
import type { Player, Wire } from './player.ts';

/** How an operation ended. */
export type Ending = { readonly value: unknown } | { readonly error: unknown };

export async function endingOf(work: Promise<unknown>): Promise<Ending> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}

/** What was done to an answer after the host had given it. */
export interface OnTheWay {
  /** What came to the client can prove that a change was not carried out, beside a fault of the host. */
  readonly refuses: boolean;
}

/**
 * Judges the end of an operation of the port. The answers are read by other code than the client's.
 * @param onTheWay null: answers came as they were given
 * @returns what came out, in a word or two
 * @throws Finding
 */
export function judge(player: Player, ending: Ending, onTheWay: OnTheWay | null = null): string {
  const { operation, changes, answer, sealed } = player;
  if (changes > 1) throw new Finding(`${operation.name} was called ${changes} times`);
  if ('value' in ending) {
    if (operation.change !== null) judgeSuccess(answer, ending.value, onTheWay === null);
    return 'read';
  }
  const outcome = outcomeOf(ending.error, [FailbackError], !sealed);
  const { class: failureClass, details, message } = ending.error as FailbackError;
  if (typeof details?.sent !== 'boolean') throw new Finding(`nobody says whether it was sent: ${message}`);
  if (operation.change === null) return outcome;
  if (details.sent && failureClass !== 'reconcile') throw new Finding(`${failureClass} after it was sent: ${message}`);
  const refuses = answer !== null && (faultRefuses(answer) || (onTheWay?.refuses ?? statusRefuses(answer.wire)));
  if (changes > 0 && !details.sent && !refuses) throw new Finding(`said to be refused: ${message}`);
  return outcome;
}

function judgeSuccess(answer: Player['answer'], value: unknown, asGiven: boolean): void {
  if (answer === null) throw new Finding('succeeded without having been sent');
  const envelope = readEnvelope(answer.wire);
  const { returnValue, jobId } = value as { returnValue: number; jobId: string | null };
  const related = envelope && relatedTo(envelope);
  const output = envelope && childOf(envelope, 'Body')?.children[0];
  const told = output && childOf(output, 'ReturnValue');
  const { status } = answer.wire;
  if (asGiven && (status < 200 || status > 299)) throw new Finding(`succeeded by HTTP status ${status}`);
  if (!output || childOf(envelope, 'Body')?.children.some(isFault)) throw new Finding('succeeded by what is no output');
  if (related && related !== `uuid:${answer.messageId}`) throw new Finding(`succeeded by the answer to ${related}`);
  if (Number(told?.text) !== returnValue) throw new Finding(`made ${returnValue} of "${told?.text}"`);
  if (jobId !== null && !textsOf(output).includes(jobId)) throw new Finding(`made up job ${jobId}`);
}

const REFUSING = new Set([403, 404, 405, 411, 413, 415, 426]);

/** A refusal before a request was carried out, by HTTP where there is no message. */
function statusRefuses(wire: Wire): boolean {
  const { status } = wire;
  if (status === 401) return true;
  return readEnvelope(wire) === null && (REFUSING.has(status) || (status >= 300 && status <= 399));
}

/** A fault that says that a request was not carried out. */
function faultRefuses({ wire, messageId }: NonNullable<Player['answer']>): boolean {
  const envelope = readEnvelope(wire);
  const related = envelope && relatedTo(envelope);
  if (envelope === null || (related && related !== `uuid:${messageId}`)) return false;
  const fault = childOf(envelope, 'Body')?.children.find(isFault);
  return fault !== undefined && textsOf(fault).some(meansRefusal);
}

function meansRefusal(text: string): boolean {
  const word = text.trim();
  const local = word.slice(Math.max(word.lastIndexOf('/'), word.indexOf(':')) + 1).replace(/[^\w.-]/g, '');
  const number = Number(/^(?:HRESULT\s+)?(0x[0-9a-f]{8}|\d{1,10})$/i.exec(word)?.[1] ?? Number.NaN);
  const meanings: readonly (FaultMeaning | undefined)[] = [
    BY_SUBCODE[local],
    BY_FAULT_DETAIL[local],
    BY_HRESULT[number],
    BY_CIM_STATUS[number],
  ];
  return meanings.some((meaning) => meaning?.refused === true);
}

function relatedTo(envelope: XmlElement): string {
  const header = childOf(envelope, 'Header');
  return (header && childOf(header, 'RelatesTo')?.text.trim().toLowerCase()) ?? '';
}

function isFault({ localName }: XmlElement): boolean {
  return localName === 'Fault';
}

/** Null when it is no XML, or another document. */
function readEnvelope({ body, contentType }: Wire): XmlElement | null {
  if (!/xml/i.test(contentType)) return null;
  try {
    const root = readXml(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return root.localName === 'Envelope' ? root : null;
  } catch {
    return null;
  }
}

/** Every text and every value of an attribute in it. */
function textsOf(element: XmlElement): string[] {
  return [element.text, ...element.attributes.values(), ...element.children.flatMap(textsOf)];
}
