import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GssContext, gssapi } from '../../src/gssapi/gssapi.ts';
import { createKerberos } from '../../src/hyperv/wsman/log-on/kerberos.ts';
import type { SecurityContext } from '../../src/hyperv/wsman/log-on/security-context.ts';
import { KerberosRealm, noKerberos } from '../support/kerberos-realm.ts';
import { PASSWORD, USERNAME } from './secrets.ts';

const SPN = 'HTTP/hv-fuzz.failback.test';

/** A realm with a client that has tickets, and a host. This process sees no other realm. */
export class KerberosSite {
  readonly #realm: KerberosRealm;
  readonly #directory: string;
  readonly #cache: string;
  readonly #keytab: string;

  private constructor(realm: KerberosRealm, directory: string) {
    this.#realm = realm;
    this.#directory = directory;
    realm.enter();
    // Remembering every log-on costs more than all the rest.
    process.env.KRB5RCACHENAME = 'none:';
    realm.add(USERNAME, PASSWORD);
    realm.add(SPN, null);
    this.#cache = realm.kinit(USERNAME, PASSWORD);
    this.#keytab = realm.keytab(SPN);
  }

  /** @returns a text that says why there is none, where there can be none */
  static async open(): Promise<KerberosSite | string> {
    if (noKerberos !== null) return noKerberos;
    const directory = mkdtempSync(join(tmpdir(), 'failback-fuzz-realm-'));
    return new KerberosSite(await KerberosRealm.start(directory), directory);
  }

  client(): SecurityContext {
    return createKerberos({ spn: SPN, channelBinding: null, identity: { kind: 'cache', name: this.#cache, principal: null } });
  }

  async host(): Promise<GssContext> {
    return (await gssapi()).accept({ keytab: this.#keytab });
  }

  async close(): Promise<void> {
    await this.#realm.stopKdc();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
