import type { CimClass, CimHost } from '../cim.ts';
import { faults } from './fault.ts';

const WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/';
const DMTF = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/';
/** What Windows assumes when a DMTF URI comes without a `__cimnamespace` selector. */
const DEFAULT_NAMESPACE = 'root/cimv2';

/** Which of the two URI forms a client speaks; answers use the same one. */
export type UriForm = 'wmi' | 'dmtf';

export interface Resource {
  readonly form: UriForm;
  /** Forward slashes, lower case. */
  readonly namespace: string;
  /** As the client wrote it; `*` stands for a query over the namespace. */
  readonly className: string;
}

/** Reads a ResourceURI; `cimNamespace` is the `__cimnamespace` selector, null when absent. Throws the InvalidResourceURI fault. */
export function parseResourceUri(uri: string, cimNamespace: string | null): Resource {
  const lower = uri.toLowerCase();
  if (lower.startsWith(DMTF)) {
    const className = uri.slice(DMTF.length);
    if (isClassName(className)) return { form: 'dmtf', namespace: normalise(cimNamespace ?? DEFAULT_NAMESPACE), className };
  } else if (lower.startsWith(WMI)) {
    const path = uri.slice(WMI.length);
    const slash = path.lastIndexOf('/');
    const className = path.slice(slash + 1);
    if (slash > 0 && isClassName(className)) return { form: 'wmi', namespace: normalise(path.slice(0, slash)), className };
  }
  throw faults.invalidResourceUri(uri);
}

/** The URI of a class, which is also the XML namespace of its instances. */
export function resourceUri(form: UriForm, namespace: string, className: string): string {
  return form === 'dmtf' ? `${DMTF}${className}` : `${WMI}${namespace}/${className}`;
}

/** Looks a class up without regard to case. Throws the fault for an unknown class. */
export function requireClass(host: CimHost, namespace: string, name: string): CimClass {
  const found = findClass(host, namespace, name);
  if (found === undefined) throw faults.unknownClass(`${namespace}:${name}`);
  return found;
}

export function findClass(host: CimHost, namespace: string, name: string): CimClass | undefined {
  const exact = host.class(namespace, name);
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  for (const cls of host.classes(namespace)) if (cls.name.toLowerCase() === wanted) return cls;
  return undefined;
}

function normalise(namespace: string): string {
  return namespace
    .trim()
    .replaceAll('\\', '/')
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
}

function isClassName(name: string): boolean {
  return name === '*' || /^\w+$/.test(name);
}
