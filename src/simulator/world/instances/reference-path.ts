import type { CimReference } from '../../cim.ts';
import type { Host } from '../host.ts';

/** A reference as WMI writes it into a string property: an object path with server and namespace, the keys quoted and escaped. */
export function referencePath(host: Host, { namespace, className, keys }: CimReference): string {
  const quoted = Object.entries(keys).map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`);
  return `\\\\${host.name}\\${namespace.replaceAll('/', '\\')}:${className}.${quoted.join(',')}`;
}
