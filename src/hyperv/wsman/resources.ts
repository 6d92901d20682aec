import { CIM_SCHEMA_BASE, WMI_BASE } from './namespaces.ts';
import type { EndpointReference } from './wire-instance.ts';

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
  keys: Readonly<Record<string, string>> = {},
): EndpointReference {
  const selectors = new Map(Object.entries(keys));
  if (base === 'wmi') return { resourceUri: `${WMI_BASE}/${namespace}/${className}`, selectors };
  return inNamespace({ resourceUri: `${CIM_SCHEMA_BASE}/${className}`, selectors }, namespace);
}

/** What a query is addressed to: all classes of a namespace. */
export function queryResourceOf(base: UriBase, namespace: string): EndpointReference {
  const everything = { resourceUri: `${WMI_BASE}/${namespace}/*`, selectors: new Map<string, string>() };
  return base === 'wmi' ? everything : inNamespace(everything, namespace);
}

/** A reference as a host gave it, usable as target: OMI leaves out the namespace its own requests need. */
export function targetOf(base: UriBase, namespace: string, reference: EndpointReference): EndpointReference {
  return base === 'wmi' || reference.selectors.has(NAMESPACE_SELECTOR) ? reference : inNamespace(reference, namespace);
}

function inNamespace(reference: EndpointReference, namespace: string): EndpointReference {
  return { resourceUri: reference.resourceUri, selectors: new Map([[NAMESPACE_SELECTOR, namespace], ...reference.selectors]) };
}
