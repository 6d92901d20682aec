import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import { type CimAccess, type CimQuery, type MethodRequest, operationOf } from '../cim/cim-access.ts';
import type { CimInstance, ObjectReference } from '../cim/cim-instance.ts';
import { HYPERV_NAMESPACE } from '../cim/namespaces.ts';
import { createClassList } from './class-list.ts';
import { enumerate } from './enumeration.ts';
import { get, identify, invoke } from './operations.ts';
import { type EndpointReference, objectOf, queryResourceOf, resourceOf, targetOf, type UriBase } from './resources.ts';
import type { Session } from './session.ts';

/** What `winrm get winrm/config` reads. */
const WINRM_CONFIGURATION: EndpointReference = {
  resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/config',
  selectors: new Map(),
};

/** A host's CIM over WS-Management. */
export function createWsmanAccess(session: Session, base: UriBase): CimAccess {
  /** A host is called by its own words for an object, where it gave some. */
  const given = new WeakMap<ObjectReference, EndpointReference>();
  const endpointOf = (object: ObjectReference): EndpointReference =>
    given.get(object) ?? resourceOf(base, object.namespace ?? HYPERV_NAMESPACE, object.className, object.keys);

  async function query({ namespace, className, wql }: CimQuery, call: Call): Promise<readonly CimInstance[]> {
    const items = await enumerate(session, { className, target: queryResourceOf(base, namespace), wql, mode: 'objects' }, call);
    return items.flatMap(({ instance }) => (instance === null ? [] : [instance]));
  }

  async function singleton(namespace: string, className: string, call: Call): Promise<ObjectReference | null> {
    const target = resourceOf(base, namespace, className);
    try {
      const items = await enumerate(session, { className, target, wql: null, mode: 'references' }, call);
      if (items.length === 0) return null;
      const reference = items[0]?.reference;
      if (!reference) return byName(namespace, className);
      const object = objectOf(reference);
      given.set(object, targetOf(base, namespace, reference));
      return object;
    } catch (error) {
      if (error instanceof FailbackError && error.code === 'host.fault' && error.class === 'permanent') return byName(namespace, className);
      throw error;
    }
  }

  return {
    host: session.host,
    async identify(call) {
      const asked = Date.now();
      const { date, connection, account, ...product } = await identify(session, call);
      const mechanism = connection.security?.mechanism ?? null;
      const logOn = { scheme: session.scheme, mechanism, account, sealed: mechanism !== null && connection.tls === null };
      return { ...product, clockSkewMs: skew(date, (asked + Date.now()) / 2), tls: connection.tls, logOn };
    },
    list: createClassList(session, base),
    query,
    get: (object, call) => get(session, endpointOf(object), call),
    singleton,
    configuration: (call) => get(session, WINRM_CONFIGURATION, call),
    invoke(request, call) {
      const { target, method, change } = request;
      return invoke(
        session,
        {
          operation: operationOf(request),
          target: endpointOf(target),
          method,
          parameters: request.parameters.map((each) => wireParameter(each, endpointOf)),
          effect: change === null ? 'read' : 'change',
          messageId: change?.messageId ?? randomUUID(),
          sendBy: change?.sendBy ?? null,
        },
        call,
      );
    },
  };
}

/** Types do not travel. */
function wireParameter(
  [name, , value]: MethodRequest['parameters'][number],
  endpointOf: (reference: ObjectReference) => EndpointReference,
): readonly [string, string | EndpointReference] {
  return [name, typeof value === 'string' ? value : endpointOf(value)];
}

/** Where a host cannot enumerate references the class name alone has to do, which servers accept as a partial key. */
function byName(namespace: string, className: string): ObjectReference {
  return { namespace, className, keys: new Map([['CreationClassName', className]]) };
}

/** The `Date` header has whole seconds, cut off: the middle of the second is the best guess. */
function skew(date: string | null, now: number): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : Math.round(theirs + 500 - now);
}
