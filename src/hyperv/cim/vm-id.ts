import { FailbackError } from '../../domain/failure.ts';

const GUID = /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i;
const RELATIONSHIP = /^Microsoft:([0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})\\HVR(?:\\([01]))?$/i;

/** Upper case when it is a GUID, else null: the host's own `Msvm_ComputerSystem` has its network name there. */
export function asGuid(name: string): string | null {
  return GUID.test(name) ? name.toUpperCase() : null;
}

/** A GUID from outside, in Hyper-V's spelling. @throws FailbackError `usage.invalid` */
export function requireGuid(what: string, value: string): string {
  const guid = asGuid(value);
  if (guid !== null) return guid;
  throw new FailbackError({
    class: 'permanent',
    code: 'usage.invalid',
    message: `The ${what} is not a GUID, so nothing was sent`,
    remedy: 'Use the identifier the inventory shows, such as 6B2F0C7E-0000-4000-8000-00000000CAFE.',
    details: { sent: false },
  });
}

/** Same check for a value whose spelling is kept. @throws FailbackError `usage.invalid` */
export function requireUuid(what: string, value: string): string {
  requireGuid(what, value);
  return value;
}

/** The machine an instance id `Microsoft:<GUID>\HVR\<n>` belongs to; Windows Server 2012 leaves the number out. Null for other ids. */
export function relationshipOf(instanceId: string): { readonly vmId: string; readonly extended: boolean } | null {
  const match = RELATIONSHIP.exec(instanceId);
  return match === null ? null : { vmId: (match[1] ?? '').toUpperCase(), extended: match[2] === '1' };
}
