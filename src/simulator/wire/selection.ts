import type { CimClass, CimHost, CimInstance } from '../cim.ts';
import { faults } from './fault.ts';
import type { Selector } from './soap-request.ts';

/**
 * The one instance that the selectors match, without regard to case. Partial keys (even none) are good enough as long as
 * they match exactly one. Throws InvalidSelectors, or DestinationUnreachable when nothing matches.
 */
export function selectInstance(host: CimHost, cls: CimClass, selectors: readonly Selector[]): CimInstance {
  const keys: Record<string, string> = {};
  for (const { name, value } of selectors) {
    const property = cls.properties.find(({ name: known, key }) => key && known.toLowerCase() === name.toLowerCase());
    if (property === undefined) throw faults.invalidSelectors('UnexpectedSelectors', `${cls.name} has no key ${name}.`);
    keys[property.name] = value;
  }
  const [first, second] = matching(host, cls, keys);
  if (first === undefined) throw faults.notFound();
  if (second !== undefined) throw faults.invalidSelectors('InsufficientSelectors', `they match more than one ${cls.name}.`);
  return first;
}

function matching(host: CimHost, cls: CimClass, keys: Readonly<Record<string, string>>): CimInstance[] {
  const wanted = Object.entries(keys).map(([name, value]) => [name, value.toLowerCase()] as const);
  const candidates = (wanted.length > 0 ? host.find(cls, keys) : undefined) ?? host.instances(cls);
  const matches: CimInstance[] = [];
  for (const instance of candidates) {
    if (wanted.every(([name, value]) => String(instance.values[name] ?? '').toLowerCase() === value)) matches.push(instance);
    if (matches.length === 2) break;
  }
  return matches;
}
