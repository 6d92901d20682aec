import { join } from 'node:path';
import type { LogOn } from '../../src/hyperv/wsman/log-on/log-on.ts';
import { KerberosRealm, noKerberos, REALM, SIMULATED } from '../../test/support/kerberos-realm.ts';

/** A Kerberos realm of the benchmark's own. */
export interface Realm {
  /** Keys of the simulated hosts. */
  readonly keytab: string;
  /** By tickets that are in a cache already, as a worker that serves for hours has them. */
  readonly logOn: LogOn;
  stop(): Promise<void>;
}

/** @returns null, and says why on stderr, where no realm can be had */
export async function startRealm(directory: string): Promise<Realm | null> {
  if (noKerberos !== null) {
    process.stderr.write(`Kerberos is left out: ${noKerberos}\n`);
    return null;
  }
  const realm = await KerberosRealm.start(join(directory, 'realm'));
  realm.enter();
  const keytab = realm.addSimulated();
  const { account, password, spn } = SIMULATED;
  const name = realm.kinit(account, password);
  const identity = { kind: 'cache', name, principal: `${account}@${REALM}` } as const;
  return { keytab, logOn: { scheme: 'kerberos', spn, identity }, stop: () => realm.stopKdc() };
}
