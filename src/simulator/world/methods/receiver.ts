import type { Host } from '../host.ts';
import type { Relationship } from '../virtual-machine.ts';

/** How a sender proves who it is. */
export type Authentication = Pick<Relationship, 'authenticationType' | 'certificateThumbPrint'>;

export const AuthenticationType = { Kerberos: 1, Certificate: 2 } as const;

/** `AllowedAuthenticationType` of a host. */
export function allowedAuthentication(host: Host): number {
  return { kerberos: 1, certificate: 2, both: 3 }[host.quirks.authentication];
}

/** A receiver, or why there is none, in the words of a failed job. */
export type Reception = { readonly receiver: Host; readonly refusal: null } | { readonly receiver: null; readonly refusal: string };

/**
 * Whether the server at an address would take the machine from this sender: it must have a name, be up, not be a node whose cluster has a
 * Replica Broker to be named instead, be enabled as a Replica server, have an authorisation entry for the sender, and accept its
 * authentication.
 */
export function findReceiver(sender: Host, address: string, vmId: string | null, proof: Authentication): Reception {
  const receiver = sender.world.hostByAddress(address, vmId);
  const refuse = (refusal: string): Reception => ({ receiver: null, refusal });
  if (!receiver) return refuse('The name of the Replica server could not be resolved. (0x00002EE7)');
  if (!receiver.up) return refuse('A connection with the Replica server could not be established. (0x00002EFD)');
  const direct = [receiver.name, receiver.fqdn].some((name) => name.toLowerCase() === address.toLowerCase());
  if (receiver.cluster !== null && direct) {
    return refuse('The Replica server is a node of a failover cluster: the name of its Replica Broker is needed. (0x80070057)');
  }
  if (!receiver.quirks.recoveryServerEnabled) return refuse('The server is not enabled as a Replica server. (0x80070005)');
  if (!authorizes(receiver, sender)) {
    return refuse('The Replica server has no authorization entry for the primary server. (0x80070005)');
  }
  const wanted = proof.authenticationType === AuthenticationType.Certificate ? 2 : 1;
  if ((allowedAuthentication(receiver) & wanted) === 0) {
    return refuse('The Replica server does not accept this type of authentication. (0x80090303)');
  }
  if (wanted === 2 && (proof.certificateThumbPrint === '' || proof.certificateThumbPrint !== sender.quirks.certificateThumbPrint)) {
    return refuse('The certificate of the primary server is missing or not valid. (0x00002F8F)');
  }
  return { receiver, refusal: null };
}

function authorizes(receiver: Host, sender: Host): boolean {
  const names = [sender.fqdn, sender.connectionPoint].map((name) => name.toLowerCase());
  return receiver.quirks.authorizedPrimaries.some((entry) => {
    const allowed = entry.toLowerCase();
    if (allowed === '*') return true;
    return names.some((name) => (allowed.startsWith('*.') ? name.endsWith(allowed.slice(1)) : name === allowed));
  });
}
