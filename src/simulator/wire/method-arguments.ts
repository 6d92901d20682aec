import type { CimPropertyDefinition, CimReference, CimScalar, CimValue } from '../cim.ts';
import { fromWireDatetime } from './cim-datetime.ts';
import { faults } from './fault.ts';
import { NS } from './namespaces.ts';
import { parseResourceUri } from './resource-uri.ts';
import { isCimNamespace, readSelectors } from './soap-request.ts';
import { childOf, type XmlElement } from './xml-reader.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

const INTEGER_RANGES: ReadonlyMap<string, readonly [bigint, bigint]> = new Map([
  ['uint8', [0n, 0xffn]],
  ['uint16', [0n, 0xffffn]],
  ['uint32', [0n, 0xffff_ffffn]],
  ['uint64', [0n, 0xffff_ffff_ffff_ffffn]],
  ['sint32', [-0x8000_0000n, 0x7fff_ffffn]],
]);

/**
 * The arguments in a METHOD_INPUT (null: the Body was empty), by the parameters' names as the class spells them. An argument
 * that is absent has no entry, `xsi:nil` is null. Throws InvalidParameter for unknown names and for values of the wrong type.
 */
export function readArguments(
  input: XmlElement | null,
  parameters: readonly CimPropertyDefinition[],
  namespace: string,
): Readonly<Record<string, CimValue>> {
  const sent = new Map<CimPropertyDefinition, XmlElement[]>();
  for (const element of input?.children ?? []) {
    const parameter = parameters.find(({ name }) => name.toLowerCase() === element.localName.toLowerCase());
    if (parameter === undefined) throw faults.invalidParameterName(`The method has no parameter ${element.localName}.`);
    sent.set(parameter, [...(sent.get(parameter) ?? []), element]);
  }
  return Object.fromEntries([...sent].map(([parameter, elements]) => [parameter.name, readArgument(parameter, elements, namespace)]));
}

function readArgument(parameter: CimPropertyDefinition, elements: readonly XmlElement[], namespace: string): CimValue {
  const [first] = elements;
  if (elements.length === 1 && first !== undefined && isNil(first)) return null;
  const values = elements.map((element) => readScalar(parameter, element, namespace));
  if (parameter.array) return values;
  const [value] = values;
  if (value === undefined || values.length > 1) throw faults.invalidParameterValue(`${parameter.name} must occur once.`);
  return value;
}

/** omicli binds `xsi` to the schema namespace instead of the schema-instance one. */
function isNil({ attributes }: XmlElement): boolean {
  const nil = (attributes.get(`{${NS.xsi}}nil`) ?? attributes.get(`{${NS.xsd}}nil`))?.trim();
  return nil === 'true' || nil === '1';
}

function readScalar({ name, type }: CimPropertyDefinition, element: XmlElement, namespace: string): CimScalar {
  const text = element.text.trim();
  const invalid = () => faults.invalidParameterValue(`${name} is no ${type}.`);
  switch (type) {
    case 'string':
      return element.children.length > 0 ? embeddedInstance(element) : element.text;
    case 'reference':
      return readReference(element, namespace) ?? raise(invalid());
    case 'boolean':
      if (/^(?:true|1)$/i.test(text)) return true;
      if (/^(?:false|0)$/i.test(text)) return false;
      throw invalid();
    case 'datetime':
      return fromWireDatetime((element.children[0]?.text ?? element.text).trim()) ?? raise(invalid());
    default: {
      const [low, high] = INTEGER_RANGES.get(type) ?? [0n, -1n];
      const value = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : high + 1n;
      if (value < low || value > high) throw invalid();
      return type === 'uint64' ? String(value) : Number(value);
    }
  }
}

function raise(error: Error): never {
  throw error;
}

/**
 * A reference given as an endpoint (the content of the parameter, or an EndpointReference in it) or, as OMI's client does it,
 * as an instance of the class with its keys; null when it is neither.
 */
function readReference(element: XmlElement, namespace: string): CimReference | null {
  const endpoint = childOf(element, 'EndpointReference') ?? element;
  const parameters = childOf(endpoint, 'ReferenceParameters');
  if (parameters === undefined) return readTypedInstance(element, namespace);
  const uri = childOf(parameters, 'ResourceURI')?.text.trim() ?? '';
  const selectors = readSelectors(childOf(parameters, 'SelectorSet'));
  const resource = parseResourceUri(uri, selectors.find(isCimNamespace)?.value ?? namespace);
  const keys = selectors.filter((selector) => !isCimNamespace(selector)).map(({ name, value }) => [name, value] as const);
  return { namespace: resource.namespace, className: resource.className, keys: Object.fromEntries(keys) };
}

function readTypedInstance(element: XmlElement, namespace: string): CimReference | null {
  const className = typeOf(element);
  if (className === '' || element.children.length === 0) return null;
  return { namespace, className, keys: Object.fromEntries(element.children.map(({ localName, text }) => [localName, text])) };
}

/** The class in an `xsi:type="p:Class_Type"`; empty when there is none. */
function typeOf({ attributes }: XmlElement): string {
  const typeName = attributes.get(`{${NS.xsi}}type`) ?? attributes.get(`{${NS.xsd}}type`) ?? '';
  return typeName.replace(/^.*:/, '').replace(/_Type$/, '');
}

/** OMI's clients send an embedded instance as elements of its class: this is the same instance as CIM-XML text. */
function embeddedInstance(element: XmlElement): string {
  const names = [...new Set(element.children.map(({ localName }) => localName))];
  const properties = names.map((name) => {
    const values = element.children.filter(({ localName }) => localName === name).filter((child) => !isNil(child));
    const texts = values.map(({ text }) => `<VALUE>${escapeText(text)}</VALUE>`);
    const attributes = `NAME="${escapeAttribute(name)}" TYPE="string"`;
    return texts.length > 1
      ? `<PROPERTY.ARRAY ${attributes}><VALUE.ARRAY>${texts.join('')}</VALUE.ARRAY></PROPERTY.ARRAY>`
      : `<PROPERTY ${attributes}>${texts.join('')}</PROPERTY>`;
  });
  return `<INSTANCE CLASSNAME="${escapeAttribute(typeOf(element))}">${properties.join('')}</INSTANCE>`;
}
