import { join } from 'node:path';
import type { LogOn } from '../../src/hyperv/wsman/log-on/log-on.ts';
import { KerberosRealm, noKerberos, REALM } from '../../test/support/kerberos-realm.ts';

/** A Kerberos realm of the benchmark's own. */
export interface Realm {
  /** Keys of the simulated hosts. */
  readonly keytab: string;
  /** By tickets that are in a cache already, as a worker that serves for hours has them. */
  readonly logOn: LogOn;
  stop(): Promise<void>;
}

const SPN = 'HTTP/hv.failback.test';
/** The account of simulated hosts. */
const ACCOUNT = 'hvadmin';
const PASSWORD = 'Tickets, please';

/** @returns null, and says why on stderr, where no realm can be had */
export async function startRealm(directory: string): Promise<Realm | null> {
  if (noKerberos !== null) {
    process.stderr.write(`Kerberos is left out: ${noKerberos}\n`);
    return null;
  }
  const realm = await KerberosRealm.start(join(directory, 'realm'));
  realm.enter();
  realm.add(ACCOUNT, PASSWORD);
  realm.add(SPN, null);
  const keytab = realm.keytab(SPN);
  const name = realm.kinit(ACCOUNT, PASSWORD);
  const identity = { kind: 'cache', name, principal: `${ACCOUNT}@${REALM}` } as const;
  return { keytab, logOn: { scheme: 'kerberos', spn: SPN, identity }, stop: () => realm.stopKdc() };
}
