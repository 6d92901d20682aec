import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import { type ClassList, type ClassProjection, wqlOf } from '../cim/cim-access.ts';
import { type CimInstance, textOf } from '../cim/cim-instance.ts';
import { asGuid } from '../cim/vm-id.ts';
import { enumerate } from './enumeration.ts';
import { queryResourceOf, resourceOf, type UriBase } from './resources.ts';
import type { Session } from './session.ts';

/**
 * Lists classes by WQL, so that the host sends only what is read. A server without WQL on namespaces (Openwsman) is asked for
 * the whole class instead, from then on at once: it is remembered whether the server understands WQL at all.
 */
export function createClassList(session: Session, base: UriBase): ClassList {
  let hasWql = true;

  async function list(projection: ClassProjection, wql: boolean, call: Call): Promise<readonly CimInstance[]> {
    const { namespace, className, where } = projection;
    const query = wqlOf(projection);
    const request = wql
      ? { className, target: queryResourceOf(base, namespace), wql: query }
      : { className, target: resourceOf(base, namespace, className), wql: null };
    const items = await enumerate(session, { ...request, mode: 'objects' }, call);
    const instances = items.flatMap(({ instance }) => (instance === null ? [] : [instance]));
    if (where === undefined) return instances;
    const guid = asGuid(where.guid);
    return instances.filter((each) => asGuid(textOf(each, where.property) ?? '') === guid);
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
