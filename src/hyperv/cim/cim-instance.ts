import { FailbackError } from '../../domain/failure.ts';

/** A reference to one object, without the host. Keys keep the order of the host. */
export interface ObjectReference {
  /** e.g. "root/virtualization/v2"; null where the host did not say: the one that was asked. */
  readonly namespace: string | null;
  readonly className: string;
  readonly keys: ReadonlyMap<string, string>;
}

/** Text also carries numbers, booleans and datetimes: uint64 does not fit into a JS number and types do not always travel. */
export type CimValue = null | string | ObjectReference | CimInstance;

/** An instance, or the out-parameters of a method. An array has as many values as it has elements, everything else has one. */
export interface CimInstance {
  readonly className: string;
  readonly properties: ReadonlyMap<string, readonly CimValue[]>;
}

/** Characters of a class in a message. */
const MAX_NAME = 80;

/** First value as text; null when the property is missing, null, or not text. */
export function textOf(instance: CimInstance, property: string): string | null {
  const value = instance.properties.get(property)?.[0];
  return typeof value === 'string' ? value : null;
}

/** All values that are text: an array property. A null array is empty. */
export function textsOf(instance: CimInstance, property: string): readonly string[] {
  return (instance.properties.get(property) ?? []).filter((value) => typeof value === 'string');
}

/** First value as reference; null when it is missing, null, or no reference. */
export function referenceOf(instance: CimInstance, property: string): ObjectReference | null {
  const value = instance.properties.get(property)?.[0];
  return value !== null && typeof value === 'object' && 'keys' in value ? value : null;
}

/** First value as whole number. @throws FailbackError `host.malformed-answer` when there is a value that is no safe integer */
export function integerOf(instance: CimInstance, property: string): number | null {
  const value = textOf(instance, property);
  return value === null ? null : toInteger(value, placeOf(instance, property));
}

/** An array of whole numbers. @throws FailbackError as {@link integerOf} */
export function integersOf(instance: CimInstance, property: string): readonly number[] {
  return textsOf(instance, property).map((value) => toInteger(value, placeOf(instance, property)));
}

/** "TRUE", "true" or "1". Missing and null are false. */
export function booleanOf(instance: CimInstance, property: string): boolean {
  return /^(true|1)$/i.test(textOf(instance, property)?.trim() ?? '');
}

/** The class is the host's word. */
function placeOf({ className }: CimInstance, property: string): string {
  return `${className.replace(/[^\w-]/g, '').slice(0, MAX_NAME)}.${property}`;
}

function toInteger(value: string, place: string): number {
  const result = /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(result)) return result;
  throw new FailbackError({
    class: 'retryable',
    code: 'host.malformed-answer',
    message: `The host's answer has a value for ${place} that is not a whole number`,
    remedy: 'Check that the address leads to a Hyper-V host and not to something in between that changes answers.',
    details: { place, sent: true },
  });
}
