import { FailbackError } from '../../domain/failure.ts';
import { notCalledYet } from './before-the-call.ts';
import { enumerate } from './enumeration.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { resourceOf, targetOf, type UriBase } from './resources.ts';
import type { Call, Session } from './session.ts';
import type { EndpointReference } from './wire-instance.ts';

/** A singleton that owns methods. */
export interface ServiceReference {
  /**
   * Its reference as the host itself gives it, asked for once. Where a host cannot enumerate references the class name alone has to
   * do, which servers accept as a partial key.
   * @throws FailbackError `host.no-hyperv` when the host has none; never with `details.sent` true, the method was not called yet
   */
  locate(call: Call): Promise<EndpointReference>;
  /** The reference did not lead to the service any more. */
  forget(): void;
}

export function createServiceReference(session: Session, base: UriBase, className: string): ServiceReference {
  const byClass = resourceOf(base, HYPERV_NAMESPACE, className);
  let known: EndpointReference | null = null;

  async function find(call: Call): Promise<EndpointReference> {
    const items = await enumerate(session, { className, target: byClass, wql: null, mode: 'references' }, call);
    if (items.length === 0) throw notRunning(session.host, className);
    const reference = items[0]?.reference;
    return reference ? targetOf(base, HYPERV_NAMESPACE, reference) : partial();
  }
  const partial = (): EndpointReference => resourceOf(base, HYPERV_NAMESPACE, className, { CreationClassName: className });

  return {
    async locate(call) {
      try {
        known ??= await find(call);
        return known;
      } catch (error) {
        if (error instanceof FailbackError && error.code === 'host.fault' && error.class === 'permanent') return partial();
        throw notCalledYet(error);
      }
    },
    forget() {
      known = null;
    },
  };
}

function notRunning(host: string, className: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'host.no-hyperv',
    message: `Host ${host} has no ${className}`,
    remedy: 'Check that the Hyper-V role is installed, that the Virtual Machine Management service runs, and the rights of the account.',
    details: { host },
  });
}
