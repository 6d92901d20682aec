import type { CimProperty } from '../hyperv-host.ts';
import { child, parseXml, type XmlElement, XmlRefused } from '../xml/xml-reader.ts';
import { embeddedElement, text, type Xml } from '../xml/xml-writer.ts';
import { toCimText } from './cim-datetime.ts';

/**
 * An instance as CIM-XML text (`INSTANCE`), the form in which Hyper-V's methods take embedded instances. Null properties are
 * left out; moments and intervals are written as CIM text, whatever spelling the host used.
 * @throws FailbackError `plan.invalid` for characters XML cannot carry
 */
export function writeInstance(className: string, properties: readonly CimProperty[]): string {
  const children = properties.flatMap(({ name, type, value }): Xml[] => {
    if (value === null) return [];
    const attributes = { NAME: name, TYPE: type };
    if (typeof value === 'string') return [embeddedElement('PROPERTY', attributes, writeValue(type, value))];
    const values = value.map((each) => writeValue(type, each));
    return [embeddedElement('PROPERTY.ARRAY', attributes, embeddedElement('VALUE.ARRAY', {}, ...values))];
  });
  return embeddedElement('INSTANCE', { CLASSNAME: className }, ...children).xml;
}

function writeValue(type: string, value: string): Xml {
  return embeddedElement('VALUE', {}, text(type === 'datetime' ? toCimText(value) : value, 'reference'));
}

/** An instance read from CIM-XML text. */
export interface EmbeddedInstance {
  readonly className: string;
  /** By property name; a scalar has one value, a null property has no entry. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads CIM-XML text, also when it has an XML declaration, blanks around it or a wrapper such as `DECLGROUP`.
 * @returns null when the document holds no `INSTANCE`
 * @throws XmlRefused when it is not XML
 */
export function readEmbeddedInstance(source: string): EmbeddedInstance | null {
  const root = parseXml(source.trim(), { utf8Only: false, elements: 10_000 });
  const instance = root.local === 'INSTANCE' ? root : find(root);
  if (instance === null) return null;
  const properties = new Map<string, readonly string[]>();
  for (const each of instance.children) {
    const name = each.attributes?.NAME;
    if (name === undefined) continue;
    const values = each.local === 'PROPERTY.ARRAY' ? (child(each, 'VALUE.ARRAY')?.children ?? []) : each.children;
    const texts = values.filter((value) => value.local === 'VALUE').map((value) => value.text);
    if (texts.length > 0) properties.set(name, texts);
  }
  return { className: instance.attributes?.CLASSNAME ?? '', properties };
}

/** As {@link readEmbeddedInstance}, and null for what is not XML. */
export function tryEmbeddedInstance(source: string): EmbeddedInstance | null {
  try {
    return readEmbeddedInstance(source);
  } catch (error) {
    if (error instanceof XmlRefused) return null;
    throw error;
  }
}

/**
 * An amount: whole numbers come as decimal text. What is larger than a number can hold exactly is a "no idea" of the host, not an amount.
 * @returns null when there is none
 */
export function amountOf({ properties }: EmbeddedInstance, name: string): number | null {
  const text = properties.get(name)?.[0]?.trim() ?? '';
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

function find(element: XmlElement): XmlElement | null {
  for (const each of element.children) {
    const found = each.local === 'INSTANCE' ? each : find(each);
    if (found !== null) return found;
  }
  return null;
}
