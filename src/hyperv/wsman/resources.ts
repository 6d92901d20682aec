import type { ObjectReference } from '../cim/cim-instance.ts';
import { CIM_SCHEMA_BASE, WMI_BASE } from './namespaces.ts';

/** A class, or one object of it, as WS-Management addresses it. Selectors keep the order of the host. */
export interface EndpointReference {
  readonly resourceUri: string;
  readonly selectors: ReadonlyMap<string, string>;
}

/**
 * How a server wants classes to be named:
 * - `wmi`: Microsoft's URIs with the namespace in the path (Windows, Openwsman)
 * - `cim-schema`: DMTF's URIs, namespace in the selector `__cimnamespace` (OMI needs them for methods)
 */
export type UriBase = 'wmi' | 'cim-schema';

const NAMESPACE_SELECTOR = '__cimnamespace';

/** A class, or with keys one object of it. */
export function resourceOf(
  base: UriBase,
  namespace: string,
  className: string,
  keys: ReadonlyMap<string, string> = new Map(),
): EndpointReference {
  if (base === 'wmi') return { resourceUri: `${WMI_BASE}/${namespace}/${className}`, selectors: keys };
  return inNamespace({ resourceUri: `${CIM_SCHEMA_BASE}/${className}`, selectors: keys }, namespace);
}

/** What a query is addressed to: all classes of a namespace. */
export function queryResourceOf(base: UriBase, namespace: string): EndpointReference {
  const everything = { resourceUri: `${WMI_BASE}/${namespace}/*`, selectors: new Map<string, string>() };
  return base === 'wmi' ? everything : inNamespace(everything, namespace);
}

/** What a reference refers to: the class is the last segment, the namespace a selector or the path before the class. */
export function objectOf({ resourceUri, selectors }: EndpointReference): ObjectReference {
  const end = resourceUri.lastIndexOf('/');
  const path = resourceUri.startsWith(`${WMI_BASE}/`) ? resourceUri.slice(WMI_BASE.length + 1, Math.max(end, WMI_BASE.length + 1)) : '';
  const keys = new Map(selectors);
  keys.delete(NAMESPACE_SELECTOR);
  return { namespace: selectors.get(NAMESPACE_SELECTOR) ?? (path || null), className: resourceUri.slice(end + 1), keys };
}

/** A reference as a host gave it, usable as target: OMI leaves out the namespace its own requests need. */
export function targetOf(base: UriBase, namespace: string, reference: EndpointReference): EndpointReference {
  return base === 'wmi' || reference.selectors.has(NAMESPACE_SELECTOR) ? reference : inNamespace(reference, namespace);
}

function inNamespace(reference: EndpointReference, namespace: string): EndpointReference {
  return { resourceUri: reference.resourceUri, selectors: new Map([[NAMESPACE_SELECTOR, namespace], ...reference.selectors]) };
}
