import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AcceptOptions, gssapi } from '../../../../src/gssapi/gssapi.ts';
import { createKerberos } from '../../../../src/hyperv/wsman/log-on/kerberos.ts';
import { createNtlm } from '../../../../src/hyperv/wsman/log-on/ntlm.ts';
import { createSpnego } from '../../../../src/hyperv/wsman/log-on/spnego.ts';
import { KerberosRealm, noKerberos, REALM } from '../../../support/kerberos-realm.ts';
import { acceptByNtlm, noNtlm } from './gss-ntlmssp.ts';

const PASSWORD = 'Passw0rd!';
const CREDENTIALS = { username: `${REALM}\\admin`, password: PASSWORD };
const TARGET = 'HTTP/hv1.failback.test';

const without = noKerberos ?? noNtlm;

/** We log on to MIT's SPNEGO, offering both mechanisms. */
async function logOn(options: AcceptOptions) {
  const host = await (await gssapi()).accept({ mechanism: 'spnego', service: 'HTTP@hv1.failback.test', ...options });
  const identity = { kind: 'password' as const, credentials: async () => CREDENTIALS };
  const client = createSpnego([
    createKerberos({ spn: TARGET, identity, channelBinding: options.channelBinding ?? null }),
    createNtlm({ ...CREDENTIALS, targetName: TARGET, channelBinding: options.channelBinding ?? null }),
  ]);
  let tokens = 0;
  for (let token = await client.step(null); token !== null; tokens++) {
    const reply = await host.step(token);
    token = reply === null ? null : await client.step(reply);
  }
  const { signature, content } = client.seal(Buffer.from('question'));
  const question = host.unwrap(signature, content).toString();
  const { header, content: answer } = host.wrap(Buffer.from('answer'));
  const said = [question, client.unseal({ signature: header, content: answer }).toString()];
  const result = { mechanism: client.mechanism, complete: [client.complete, host.complete], tokens, said, bound: host.channelBound };
  client.dispose();
  host.dispose();
  return result;
}

describe.skipIf(without !== null)(`MIT's SPNEGO, with Kerberos and gss-ntlmssp${without === null ? '' : ` (skipped: ${without})`}`, () => {
  acceptByNtlm([`${REALM}:admin:${PASSWORD}`]);
  const DONE = { complete: [true, true], said: ['question', 'answer'] };
  let directory: string;
  let realm: KerberosRealm;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'failback-spnego-'));
    realm = await KerberosRealm.start(join(directory, 'realm'));
    realm.enter();
    realm.add('admin', PASSWORD);
    realm.add(TARGET, null);
  });

  afterAll(async () => {
    await realm?.stopKdc();
    rmSync(directory, { recursive: true, force: true });
  });

  it('takes Kerberos, with one token', async () => {
    const bound = { channelBinding: Buffer.from('tls-server-end-point:0123') };
    expect(await logOn({ keytab: realm.keytab(TARGET) })).toMatchObject({ ...DONE, mechanism: 'Kerberos', tokens: 1 });
    expect(await logOn({ keytab: realm.keytab(TARGET), ...bound })).toMatchObject({ ...DONE, mechanism: 'Kerberos', bound: true });
  });

  it('has us begin NTLM where it has no key for Kerberos, and the list signed', async () => {
    expect(await logOn({ keytab: join(directory, 'none') })).toMatchObject({ ...DONE, mechanism: 'NTLM', tokens: 3 });
  });

  it('gets NTLM alone where no KDC answers', async () => {
    await realm.stopKdc();
    expect(await logOn({ keytab: realm.keytab(TARGET) })).toMatchObject({ ...DONE, mechanism: 'NTLM', tokens: 2 });
  });
});
