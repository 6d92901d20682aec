import type { CimInstance } from '../cim.ts';
import type { Enumeration } from './enumeration-store.ts';
import { faults } from './fault.ts';
import { endpointXml, fragmentXml, type InstanceXml, referenceTo } from './instance-xml.ts';

export interface PageLimits {
  readonly maxElements: number;
  /** Length of the items together, in characters. */
  readonly maxCharacters: number;
  /** Length of the items together, in UTF-8 bytes. */
  readonly maxBytes: number;
}

/**
 * Takes the next items of the enumeration, as many as the limits allow, and moves its cursor past them. Throws the
 * EncodingLimit fault, with the cursor unmoved, when not even one fits.
 */
export function takePage(enumeration: Enumeration, limits: PageLimits, instanceXml: InstanceXml): string {
  const { instances } = enumeration;
  const stop = Math.min(instances.length, enumeration.next + limits.maxElements);
  let items = '';
  let bytes = 0;
  let index = enumeration.next;
  for (; index < stop; index += 1) {
    const instance = instances[index];
    if (instance === undefined) break;
    const item = itemXml(enumeration, instance, instanceXml);
    bytes += Buffer.byteLength(item);
    if (bytes > limits.maxBytes || items.length + item.length > limits.maxCharacters) break;
    items += item;
  }
  if (index === enumeration.next && index < instances.length) throw faults.answerTooLarge();
  enumeration.next = index;
  return items;
}

function itemXml({ form, mode, projection }: Enumeration, instance: CimInstance, instanceXml: InstanceXml): string {
  if (mode === 'epr') return reference();
  const object = projection === null ? instanceXml.element(form, instance) : fragmentXml(form, instance, projection);
  return mode === 'object' ? object : `<w:Item>${object}${reference()}</w:Item>`;

  function reference(): string {
    return `<a:EndpointReference>${endpointXml(form, referenceTo(instance))}</a:EndpointReference>`;
  }
}
