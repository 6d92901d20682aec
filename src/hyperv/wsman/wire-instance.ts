import { FailbackError } from '../../domain/failure.ts';
import { child, type XmlElement } from './xml-reader.ts';

/** A reference to one object: what identifies it, without the address. Selectors keep the order of the host. */
export interface EndpointReference {
  readonly resourceUri: string;
  readonly selectors: ReadonlyMap<string, string>;
}

/** Text also carries numbers, booleans and datetimes: uint64 does not fit into a JS number and types are not on the wire. */
export type WireValue = null | string | EndpointReference | WireInstance;

/** An instance, or the out-parameters of a method, by local names. A property has as many values as its element was repeated. */
export interface WireInstance {
  readonly className: string;
  readonly properties: ReadonlyMap<string, readonly WireValue[]>;
}

/** Reads `<Class><Property>…</Property>…</Class>`, whatever the prefixes. */
export function readInstance(element: XmlElement): WireInstance {
  const properties = new Map<string, WireValue[]>();
  for (const each of element.children) {
    const value = readValue(each);
    const seen = properties.get(each.local);
    if (seen === undefined) properties.set(each.local, [value]);
    else seen.push(value);
  }
  return { className: element.local, properties };
}

function readValue(element: XmlElement): WireValue {
  if (element.nil) return null;
  const first = element.children[0];
  if (first === undefined) return element.text;
  const parameters = child(element, 'ReferenceParameters') ?? child(child(element, 'EndpointReference'), 'ReferenceParameters');
  if (parameters !== undefined) return readReferenceParameters(parameters);
  if (first.local === 'Datetime' || first.local === 'Interval' || first.local === 'CIM_DateTime') return first.text;
  return readInstance(element);
}

/** Reads an `EndpointReference`, or any element of that shape. Null when it names no resource. */
export function readReference(element: XmlElement): EndpointReference | null {
  const parameters = child(element, 'ReferenceParameters');
  const reference = parameters === undefined ? null : readReferenceParameters(parameters);
  return reference?.resourceUri ? reference : null;
}

function readReferenceParameters(parameters: XmlElement): EndpointReference {
  const selectors = new Map<string, string>();
  for (const selector of child(parameters, 'SelectorSet')?.children ?? []) {
    const name = selector.attributes?.Name;
    if (name !== undefined) selectors.set(name, selector.text);
  }
  return { resourceUri: child(parameters, 'ResourceURI')?.text.trim() ?? '', selectors };
}

/** First value as text; null when the property is missing, null, or not text. */
export function textOf(instance: WireInstance, property: string): string | null {
  const value = instance.properties.get(property)?.[0];
  return typeof value === 'string' ? value : null;
}

/** All values that are text: an array property. A null array is empty. */
export function textsOf(instance: WireInstance, property: string): readonly string[] {
  return (instance.properties.get(property) ?? []).filter((value) => typeof value === 'string');
}

/** First value as reference; null when it is missing, null, or no reference. */
export function referenceOf(instance: WireInstance, property: string): EndpointReference | null {
  const value = instance.properties.get(property)?.[0];
  return value !== null && typeof value === 'object' && 'selectors' in value ? value : null;
}

/** First value as whole number. @throws FailbackError `host.malformed-answer` when there is a value that is no safe integer */
export function integerOf(instance: WireInstance, property: string): number | null {
  const value = textOf(instance, property);
  return value === null ? null : toInteger(value, `${instance.className}.${property}`);
}

/** An array of whole numbers. @throws FailbackError as {@link integerOf} */
export function integersOf(instance: WireInstance, property: string): readonly number[] {
  return textsOf(instance, property).map((value) => toInteger(value, `${instance.className}.${property}`));
}

/** "TRUE", "true" or "1". Missing and null are false. */
export function booleanOf(instance: WireInstance, property: string): boolean {
  return /^(true|1)$/i.test(textOf(instance, property)?.trim() ?? '');
}

function toInteger(value: string, place: string): number {
  const result = /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(result)) return result;
  throw new FailbackError({
    class: 'retryable',
    code: 'host.malformed-answer',
    message: `The host's answer has a value for ${place} that is not a whole number`,
    remedy: 'Check that the address leads to a Hyper-V host and not to something in between that changes answers.',
    details: { place },
  });
}
