import { FailbackError } from '../../domain/failure.ts';
import { notCalledYet } from './before-the-call.ts';
import type { Call } from './call.ts';
import type { CimAccess } from './cim-access.ts';
import type { ObjectReference } from './cim-instance.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';

/** A singleton that owns methods. */
export interface ServiceReference {
  /**
   * Its reference as the host itself gives it, asked for once.
   * @throws FailbackError `host.no-hyperv` when the host has none; never with `details.sent` true, the method was not called yet
   */
  locate(call: Call): Promise<ObjectReference>;
  /** The reference did not lead to the service any more. */
  forget(): void;
}

export function createServiceReference(access: CimAccess, className: string): ServiceReference {
  let known: ObjectReference | null = null;
  return {
    async locate(call) {
      try {
        known ??= await access.singleton(HYPERV_NAMESPACE, className, call);
      } catch (error) {
        throw notCalledYet(error);
      }
      if (known === null) throw notRunning(access.host, className);
      return known;
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
    details: { host, sent: false },
  });
}
