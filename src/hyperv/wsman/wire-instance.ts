import type { CimInstance, CimValue } from '../cim/cim-instance.ts';
import { child, type XmlElement } from '../xml/xml-reader.ts';
import { type EndpointReference, objectOf } from './resources.ts';

/** Reads `<Class><Property>…</Property>…</Class>`, whatever the prefixes. */
export function readInstance(element: XmlElement): CimInstance {
  const properties = new Map<string, CimValue[]>();
  for (const each of element.children) {
    const value = readValue(each);
    const seen = properties.get(each.local);
    if (seen === undefined) properties.set(each.local, [value]);
    else seen.push(value);
  }
  return { className: element.local, properties };
}

function readValue(element: XmlElement): CimValue {
  if (element.nil) return null;
  const first = element.children[0];
  if (first === undefined) return element.text;
  const parameters = child(element, 'ReferenceParameters') ?? child(child(element, 'EndpointReference'), 'ReferenceParameters');
  if (parameters !== undefined) return objectOf(readReferenceParameters(parameters));
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
