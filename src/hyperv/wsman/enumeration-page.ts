import type { CimInstance } from '../cim/cim-instance.ts';
import { child, type XmlElement } from '../xml/xml-reader.ts';
import type { EndpointReference } from './resources.ts';
import { readInstance, readReference } from './wire-instance.ts';

/** One item of an enumeration: what the mode asked for is there, the other may be null. */
export interface EnumerationItem {
  readonly instance: CimInstance | null;
  readonly reference: EndpointReference | null;
}

export interface EnumerationPage {
  readonly items: readonly EnumerationItem[];
  /** Context to go on with; null when the answer names none. */
  readonly context: string | null;
  readonly ended: boolean;
}

/**
 * Reads an Enumerate or Pull answer in all shapes servers use: items in either namespace, before or after the context, none at
 * all, a dead context beside the end. Null when the body is neither.
 */
export function readPage(envelope: XmlElement): EnumerationPage | null {
  const response = child(envelope, 'Body')?.children[0];
  if (response === undefined || !/^(Enumerate|Pull)Response$/.test(response.local)) return null;
  const context = child(response, 'EnumerationContext')?.text.trim() ?? '';
  return {
    items: (child(response, 'Items')?.children ?? []).map(readItem),
    context: context === '' ? null : context,
    ended: child(response, 'EndOfSequence') !== undefined,
  };
}

function readItem(element: XmlElement): EnumerationItem {
  switch (element.local) {
    case 'EndpointReference':
      return { instance: null, reference: readReference(element) };
    case 'Item': {
      const object = element.children.find(({ local }) => local !== 'EndpointReference');
      const reference = child(element, 'EndpointReference');
      return {
        instance: object === undefined ? null : readInstance(object),
        reference: reference === undefined ? null : readReference(reference),
      };
    }
    default:
      return { instance: readInstance(element), reference: null };
  }
}
