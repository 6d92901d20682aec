import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import { KerberosRealm, noKerberos, REALM, SIMULATED } from '../../support/kerberos-realm.ts';
import { accessRules } from '../suite/access-rules.ts';
import { failbackRules } from '../suite/failback-rules.ts';
import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import { wayBy } from './ways.ts';

const directory = mkdtempSync(join(tmpdir(), 'failback-realm-'));
let realm: KerberosRealm | undefined;
let keytab = '';
beforeAll(async () => {
  if (noKerberos !== null) return;
  realm = await KerberosRealm.start(directory);
  realm.enter();
  keytab = realm.addSimulated();
});
afterAll(async () => {
  await realm?.stopKdc();
  rmSync(directory, { recursive: true, force: true });
});

const logOn = (scheme: 'kerberos' | 'negotiate'): LogOn => ({
  scheme,
  spn: SIMULATED.spn,
  identity: { kind: 'password', credentials: async () => ({ username: `${SIMULATED.account}@${REALM}`, password: SIMULATED.password }) },
});

if (noKerberos !== null) describe.skip(`hosts reached by Kerberos (skipped: ${noKerberos})`, () => undefined);
else {
  const way = (auth: 'kerberos' | 'negotiate', tls = false) =>
    wayBy(
      () => ({ auth: [auth], keytab, tls }),
      () => logOn(auth),
    );
  describeHyperVHost('WS-Management: Kerberos, sealed over HTTP', way('kerberos'));
  describeHyperVHost('WS-Management: Kerberos over TLS', way('kerberos', true), [accessRules, failbackRules]);
  describeHyperVHost('WS-Management: Negotiate, which takes Kerberos', way('negotiate'), [accessRules, failbackRules]);
}
