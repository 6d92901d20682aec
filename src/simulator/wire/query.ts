import type { CimClass, CimHost, CimInstance, CimReference } from '../cim.ts';
import { faults } from './fault.ts';
import { findClass, requireClass } from './resource-uri.ts';
import { compileCondition, pinnedKeys } from './wql-evaluate.ts';
import { type AssociatorsQuery, type ObjectPath, parseWql, type SelectQuery, type WqlQuery } from './wql-syntax.ts';
import { WqlError } from './wql-tokens.ts';

export interface QueryResult {
  readonly instances: readonly CimInstance[];
  /** Names of the selected properties as the class spells them; null for `*`. */
  readonly projection: readonly string[] | null;
}

/** Parses WQL. Throws the CannotProcessFilter fault. */
export function readQuery(text: string): WqlQuery {
  return asFault(() => parseWql(text));
}

/** Runs a query in a namespace. Throws the faults for an unknown class, an unknown property and a bad object path. */
export function runQuery(host: CimHost, namespace: string, query: WqlQuery): QueryResult {
  return asFault(() => (query.kind === 'select' ? select(host, namespace, query) : associators(host, namespace, query)));
}

function asFault<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WqlError) throw faults.cannotProcessFilter(error.message);
    throw error;
  }
}

function select(host: CimHost, namespace: string, { className, properties, where }: SelectQuery): QueryResult {
  const cls = requireClass(host, namespace, className);
  const projection = properties?.map((name) => propertyName(cls, name)) ?? null;
  if (where === null) return { instances: [...host.instances(cls)], projection };
  const satisfies = compileCondition(where, cls, host.name);
  const instances: CimInstance[] = [];
  for (const instance of candidates(host, cls, pinnedKeys(where, cls))) if (satisfies(instance)) instances.push(instance);
  return { instances, projection };
}

function candidates(host: CimHost, cls: CimClass, pins: readonly Readonly<Record<string, string>>[] | null): Iterable<CimInstance> {
  if (pins === null) return host.instances(cls);
  const found = new Set<CimInstance>();
  const seen = new Set<string>();
  for (const keys of pins) {
    const matches = host.find(cls, keys);
    if (matches === undefined) return host.instances(cls);
    for (const instance of matches) if (isFirst(instance)) found.add(instance);
  }
  return found;

  /** Two lookups may compute the same instance twice. */
  function isFirst({ values }: CimInstance): boolean {
    const identity = JSON.stringify(cls.properties.filter(({ key }) => key).map(({ name }) => values[name]));
    return seen.size < seen.add(identity).size;
  }
}

function propertyName(cls: CimClass, wanted: string): string {
  const property = cls.properties.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (property === undefined) throw new WqlError(`${cls.name} has no property ${wanted}`);
  return property.name;
}

function associators(host: CimHost, namespace: string, { source, assocClass, resultClass }: AssociatorsQuery): QueryResult {
  const canonical = (name: string | null): string | null => (name === null ? null : (findClass(host, namespace, name)?.name ?? name));
  const reference = referenceOf(requireClass(host, namespace, source.className), source);
  return { instances: [...host.associators(reference, canonical(assocClass), canonical(resultClass))], projection: null };
}

function referenceOf(cls: CimClass, path: ObjectPath): CimReference {
  const keyNames = cls.properties.filter(({ key }) => key).map(({ name }) => name);
  const keys: Record<string, string> = {};
  for (const { name, value } of path.keys) {
    const key =
      name === null
        ? keyNames.length === 1
          ? keyNames[0]
          : undefined
        : keyNames.find((known) => known.toLowerCase() === name.toLowerCase());
    if (key === undefined) throw new WqlError(`${cls.name} has no key ${name ?? 'that goes without a name'}`);
    keys[key] = value;
  }
  return { namespace: cls.namespace, className: cls.name, keys };
}
