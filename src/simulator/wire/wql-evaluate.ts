import type { CimClass, CimInstance, CimReference, CimValue } from '../cim.ts';
import { cimInstant } from './cim-datetime.ts';
import { referenceTo } from './instance-xml.ts';
import { compileLike } from './wql-like.ts';
import { type Comparison, type Condition, type Literal, type ObjectPath, type Operand, parseObjectPath } from './wql-syntax.ts';
import { WqlError } from './wql-tokens.ts';

type Value = Literal | CimReference;
type Test = (instance: CimInstance) => boolean;
type Read = (instance: CimInstance) => Value | readonly Value[];

/**
 * Compiles a condition for one class. Throws {@link WqlError} for a property the class does not have; the compiled test never
 * throws. Text compares without regard to case; a comparison with NULL or between values that cannot be ordered is false,
 * except `!=`, which is always the opposite of `=`. Of an array, one element that satisfies is enough.
 */
export function compileCondition(condition: Condition, cls: CimClass, serverName: string): Test {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const tests = condition.terms.map((term) => compileCondition(term, cls, serverName));
      if (condition.kind === 'and') return (instance) => tests.every((test) => test(instance));
      return (instance) => tests.some((test) => test(instance));
    }
    case 'not': {
      const test = compileCondition(condition.term, cls, serverName);
      return (instance) => !test(instance);
    }
    case 'is-null': {
      const read = compileOperand(condition.operand, cls, serverName);
      return (instance) => read(instance) === null;
    }
    case 'like': {
      const read = compileOperand(condition.operand, cls, serverName);
      const like = compileLike(condition.pattern);
      return (instance) => elements(read(instance)).some((value) => value !== null && like(textOf(value)));
    }
    case 'compare':
      return compileComparison(condition.operator, condition.left, condition.right, cls, serverName);
  }
}

function compileComparison(operator: Comparison, left: Operand, right: Operand, cls: CimClass, serverName: string): Test {
  const readLeft = compileOperand(left, cls, serverName);
  const readRight = compileOperand(right, cls, serverName);
  const pairs = (instance: CimInstance, test: (a: Value, b: Value) => boolean): boolean =>
    elements(readLeft(instance)).some((a) => elements(readRight(instance)).some((b) => test(a, b)));
  const ordered = (test: (order: number) => boolean): Test => {
    return (instance) => pairs(instance, (a, b) => a !== null && b !== null && test(order(a, b)));
  };
  switch (operator) {
    case '=':
      return (instance) => pairs(instance, equal);
    case '!=':
      return (instance) => !pairs(instance, equal);
    case '<':
      return ordered((sign) => sign < 0);
    case '<=':
      return ordered((sign) => sign <= 0);
    case '>':
      return ordered((sign) => sign > 0);
    case '>=':
      return ordered((sign) => sign >= 0);
  }
}

function compileOperand(operand: Operand, cls: CimClass, serverName: string): Read {
  if (operand.kind === 'literal') {
    const { value } = operand;
    return () => value;
  }
  const wanted = operand.name.toLowerCase();
  if (wanted === '__server') return () => serverName;
  if (wanted === '__class') return () => cls.name;
  if (wanted === '__path') return referenceTo;
  const property = cls.properties.find(({ name }) => name.toLowerCase() === wanted);
  if (property === undefined) throw new WqlError(`${cls.name} has no property ${operand.name}`);
  const { name, type } = property;
  if (type !== 'uint64') return (instance) => instance.values[name] ?? null;
  return (instance) => wide(instance.values[name] ?? null);
}

/** The decimal text of a uint64 property as a number that loses nothing. */
function wide(value: CimValue): Value | readonly Value[] {
  const convert = (scalar: Value): Value => (typeof scalar === 'string' && /^\d+$/.test(scalar) ? BigInt(scalar) : scalar);
  return isArray(value) ? value.map(convert) : convert(value);
}

function elements(value: Value | readonly Value[]): readonly Value[] {
  return isArray(value) ? value : [value];
}

function isArray<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function equal(a: Value, b: Value): boolean {
  return a === null || b === null ? a === b : order(a, b) === 0;
}

/** Negative, zero, positive, or NaN when the two have no order. */
function order(a: Value & {}, b: Value & {}): number {
  if (isReference(a) || isReference(b)) return pathOf(a) === pathOf(b) ? 0 : Number.NaN;
  if (typeof a === 'boolean' || typeof b === 'boolean') return sign(truth(a), truth(b));
  if (typeof a === 'string' && typeof b === 'string') return orderText(a, b);
  return sign(numeric(a), numeric(b));
}

function orderText(a: string, b: string): number {
  const instants = [cimInstant(a), cimInstant(b)] as const;
  if (instants[0] !== null && instants[1] !== null) return sign(instants[0], instants[1]);
  return sign(a.toLowerCase(), b.toLowerCase());
}

function sign<T extends string | number | bigint>(a: T, b: T): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a <= b ? 0 : Number.NaN;
}

function truth(value: Literal & {}): number {
  if (typeof value === 'string') return value.toLowerCase() === 'true' ? 1 : value.toLowerCase() === 'false' ? 0 : Number.NaN;
  return Number(value);
}

function numeric(value: string | number | bigint): number | bigint {
  if (typeof value !== 'string') return value;
  if (/^-?\d{1,40}$/.test(value)) return BigInt(value);
  return value.trim() === '' ? Number.NaN : Number(value);
}

const isReference = (value: Value): value is CimReference => typeof value === 'object' && value !== null;

function textOf(value: Value & {}): string {
  return isReference(value) ? pathOf(value) : String(value);
}

/** A reference in one canonical spelling: lower case, keys by name, namespace and server left out. */
function pathOf(value: Value & {}): string {
  if (isReference(value))
    return canonical({ className: value.className, keys: Object.entries(value.keys).map(([name, key]) => ({ name, value: key })) });
  try {
    return canonical(parseObjectPath(String(value)));
  } catch {
    return String(value).toLowerCase();
  }
}

function canonical({ className, keys }: ObjectPath): string {
  const sorted = keys.map(({ name, value }) => `${name ?? ''}=${JSON.stringify(value)}`.toLowerCase()).sort();
  return `${className.toLowerCase()}.${sorted.join(',')}`;
}

/**
 * What a condition says about the keys of the instances that can satisfy it: any of the returned combinations (full or
 * partial keys), or null when it does not pin a key. Every candidate must still be tested with the whole condition.
 */
export function pinnedKeys(condition: Condition | null, cls: CimClass): Readonly<Record<string, string>>[] | null {
  if (condition === null) return null;
  if (condition.kind === 'compare') {
    const { operator, left, right } = condition;
    if (operator !== '=') return null;
    const [property, literal] = left.kind === 'property' ? [left, right] : [right, left];
    if (property.kind !== 'property' || literal.kind !== 'literal' || literal.value === null) return null;
    const key = cls.properties.find(({ name, key: isKey }) => isKey && name.toLowerCase() === property.name.toLowerCase());
    // A truth value equals many numbers and texts: nothing to look up by.
    if (key === undefined || key.type === 'reference' || typeof literal.value === 'boolean') return null;
    return [{ [key.name]: String(literal.value) }];
  }
  if (condition.kind === 'or') {
    const branches = condition.terms.map((term) => pinnedKeys(term, cls));
    return branches.every((branch) => branch !== null) ? branches.flat() : null;
  }
  if (condition.kind !== 'and') return null;
  const pins = condition.terms.map((term) => pinnedKeys(term, cls)).filter((pin) => pin !== null);
  const several = pins.find((pin) => pin.length > 1);
  if (several !== undefined || pins.length === 0) return several ?? null;
  return [Object.assign({}, ...pins.map(([pin]) => pin).reverse())];
}
