import { FailbackError } from '../../domain/failure.ts';
import { enumerate } from './enumeration.ts';
import { queryResourceOf, resourceOf, type UriBase } from './resources.ts';
import type { Call, Session } from './session.ts';
import { asGuid, requireGuid } from './vm-id.ts';
import { textOf, type WireInstance } from './wire-instance.ts';

/**
 * A class and the properties we read of it; all of them when there are none. Fixed texts, and a GUID that was checked: nothing else gets
 * into a query.
 */
export interface ClassProjection {
  readonly namespace: string;
  readonly className: string;
  readonly properties: readonly string[];
  /** Only instances whose property is this GUID; the property must be among `properties`. */
  readonly where?: { readonly property: string; readonly guid: string };
}

/** Reads all instances of a class. Remembers whether the server understands WQL at all. */
export type ClassList = (projection: ClassProjection, call: Call) => Promise<readonly WireInstance[]>;

/**
 * Lists classes by WQL, so that the host sends only what is read. A server without WQL on namespaces (Openwsman) is asked for
 * the whole class instead, from then on at once.
 */
export function createClassList(session: Session, base: UriBase): ClassList {
  let hasWql = true;

  async function list(
    { namespace, className, properties, where }: ClassProjection,
    wql: boolean,
    call: Call,
  ): Promise<readonly WireInstance[]> {
    const columns = properties.length === 0 ? '*' : properties.join(', ');
    const guid = where === undefined ? null : requireGuid(`value of ${where.property}`, where.guid);
    const condition = where === undefined ? '' : ` WHERE ${where.property} = '${guid}'`;
    const request = wql
      ? { className, target: queryResourceOf(base, namespace), wql: `SELECT ${columns} FROM ${className}${condition}` }
      : { className, target: resourceOf(base, namespace, className), wql: null };
    const items = await enumerate(session, { ...request, mode: 'objects' }, call);
    const instances = items.flatMap(({ instance }) => (instance === null ? [] : [instance]));
    return where === undefined ? instances : instances.filter((each) => asGuid(textOf(each, where.property) ?? '') === guid);
  }

  return async (projection, call) => {
    if (!hasWql) return list(projection, false, call);
    try {
      return await list(projection, true, call);
    } catch (error) {
      if (!refusesWql(error)) throw error;
    }
    const instances = await list(projection, false, call);
    hasWql = false;
    return instances;
  };
}

function refusesWql(error: unknown): boolean {
  if (!(error instanceof FailbackError)) return false;
  const { subcode, faultDetail } = error.details ?? {};
  if (subcode === 'FilterDialectRequestedUnavailable' || subcode === 'FilteringNotSupported' || subcode === 'CannotProcessFilter')
    return true;
  return subcode === 'DestinationUnreachable' && faultDetail === 'InvalidResourceURI';
}
