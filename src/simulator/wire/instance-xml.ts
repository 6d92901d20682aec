import type { CimClass, CimInstance, CimReference, CimScalar, CimValue } from '../cim.ts';
import { toWireDatetime } from './cim-datetime.ts';
import { ANONYMOUS, NS } from './namespaces.ts';
import { resourceUri, type UriForm } from './resource-uri.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';

const XSI = `xmlns:xsi="${NS.xsi}"`;
const CIM = `xmlns:cim="${NS.cimCommon}"`;

interface PropertyTemplate {
  readonly name: string;
  readonly isDatetime: boolean;
  readonly open: string;
  readonly close: string;
  readonly nil: string;
}

interface ClassTemplate {
  readonly open: string;
  readonly close: string;
  readonly properties: readonly PropertyTemplate[];
}

/** Writes instances of one host. Remembers the fixed text of each class, so that a page of hundreds costs little but its values. */
export class InstanceXml {
  readonly #templates: Record<UriForm, Map<CimClass, ClassTemplate>> = { wmi: new Map(), dmtf: new Map() };

  /** The element of the class, in the namespace of the class; null values are `xsi:nil`, an empty array is nothing at all. */
  element(form: UriForm, instance: CimInstance): string {
    const { open, close, properties } = this.#template(form, instance.class);
    let xml = open;
    for (const property of properties) xml += propertyXml(form, property, instance.values[property.name] ?? null, 'cim:');
    return xml + close;
  }

  #template(form: UriForm, cls: CimClass): ClassTemplate {
    const known = this.#templates[form].get(cls);
    if (known !== undefined) return known;
    const uri = escapeAttribute(resourceUri(form, cls.namespace, cls.name));
    const template = {
      open: `<p:${cls.name} ${XSI} xmlns:p="${uri}" ${CIM} xsi:type="p:${cls.name}_Type">`,
      close: `</p:${cls.name}>`,
      properties: cls.properties.map(({ name, type }) => propertyTemplate(name, 'p:', type === 'datetime')),
    };
    this.#templates[form].set(cls, template);
    return template;
  }
}

/**
 * The selected properties of a projection. Seen in recordings of Windows Server 2003 and 2008, not tried on a real host of
 * ours: the properties (and the Datetime inside a datetime) stand in no namespace, unlike those of a whole instance.
 */
export function fragmentXml(form: UriForm, instance: CimInstance, properties: readonly string[]): string {
  let xml = `<w:XmlFragment ${XSI}>`;
  for (const name of properties) {
    const isDatetime = instance.class.properties.find((property) => property.name === name)?.type === 'datetime';
    xml += propertyXml(form, propertyTemplate(name, '', isDatetime), instance.values[name] ?? null, '');
  }
  return `${xml}</w:XmlFragment>`;
}

/** An out-parameter of a method; its element is prefixed p and the caller binds xsi. */
export function parameterXml(form: UriForm, name: string, value: CimValue): string {
  return propertyXml(form, propertyTemplate(name, 'p:', false), value, 'cim:');
}

/** What identifies an instance, as other requests can send it back. */
export function referenceTo(instance: CimInstance): CimReference {
  const keys: Record<string, string> = {};
  for (const { name, key } of instance.class.properties) if (key) keys[name] = plainText(instance.values[name] ?? null);
  return { namespace: instance.class.namespace, className: instance.class.name, keys };
}

/** The content of an endpoint reference: Address and ReferenceParameters. */
export function endpointXml(form: UriForm, { namespace, className, keys }: CimReference): string {
  const selectors = Object.entries({ __cimnamespace: namespace, ...keys })
    .map(([name, value]) => `<w:Selector Name="${escapeAttribute(name)}">${escapeText(value)}</w:Selector>`)
    .join('');
  return (
    `<a:Address>${ANONYMOUS}</a:Address><a:ReferenceParameters><w:ResourceURI>${escapeText(resourceUri(form, namespace, className))}` +
    `</w:ResourceURI><w:SelectorSet>${selectors}</w:SelectorSet></a:ReferenceParameters>`
  );
}

function propertyTemplate(name: string, prefix: string, isDatetime: boolean): PropertyTemplate {
  const element = `${prefix}${name}`;
  return { name, isDatetime, open: `<${element}>`, close: `</${element}>`, nil: `<${element} xsi:nil="true"/>` };
}

function propertyXml(form: UriForm, template: PropertyTemplate, value: CimValue, datetimePrefix: string): string {
  if (value === null) return template.nil;
  if (typeof value !== 'object') return template.open + scalarXml(form, template, value, datetimePrefix) + template.close;
  if (!isList(value)) return template.open + endpointXml(form, value) + template.close;
  let xml = '';
  for (const item of value) xml += template.open + scalarXml(form, template, item, datetimePrefix) + template.close;
  return xml;
}

function scalarXml(form: UriForm, template: PropertyTemplate, value: CimScalar, datetimePrefix: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return endpointXml(form, value);
  const datetime = template.isDatetime ? toWireDatetime(value) : null;
  if (datetime === null) return escapeText(value);
  return `<${datetimePrefix}${datetime.element}>${datetime.text}</${datetimePrefix}${datetime.element}>`;
}

/** A key as selector text. A key that is itself a reference is written as an object path. */
function plainText(value: CimValue): string {
  if (value === null) return '';
  if (isList(value)) return value.map((item) => plainText(item)).join(',');
  if (typeof value !== 'object') return String(value);
  const keys = Object.entries(value.keys).map(([name, key]) => `${name}="${key.replace(/[\\"]/g, '\\$&')}"`);
  return `${value.namespace}:${value.className}.${keys.join(',')}`;
}

function isList(value: CimValue): value is readonly CimScalar[] {
  return Array.isArray(value);
}
