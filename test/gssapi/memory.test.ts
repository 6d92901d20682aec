import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Gssapi, type GssContext, gssapi, type InitiateOptions } from '../../src/gssapi/gssapi.ts';
import { KerberosRealm, noKerberos } from '../support/kerberos-realm.ts';

const FIELDS = ['arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks', 'uordblks', 'fordblks', 'keepcost'];
const HOST = 'HTTP/hv-dr-01.failback.test';

describe.skipIf(noKerberos !== null)(`memory of the library${noKerberos === null ? '' : ` (skipped: ${noKerberos})`}`, () => {
  let realm: KerberosRealm;
  let api: Gssapi;
  let hostKeytab: string;
  const identities: Record<string, Partial<InitiateOptions>> = {};

  beforeAll(async () => {
    realm = await KerberosRealm.start(mkdtempSync(join(inject('runDirectory'), 'realm-')));
    realm.enter();
    realm.add('alice', 'secret');
    realm.add(HOST, null);
    hostKeytab = realm.keytab(HOST);
    identities.cache = { cache: realm.kinit('alice', 'secret') };
    identities.keytab = { principal: 'alice', keytab: realm.keytab('alice') };
    identities.password = { principal: 'alice', password: 'secret' };
    api = await gssapi();
  });
  afterAll(() => realm?.stopKdc());

  test('does not grow by 2,000 contexts that were disposed of, whatever became of them', async () => {
    await useContexts(400);
    const before = await inUse();
    await useContexts(2000);
    // A context is thousands of bytes, a token hundreds, a name a hundred; caches of library and engine go on to grow by some.
    expect(((await inUse()) - before) / 2000).toBeLessThan(64);
  });

  /** Most with tickets of a cache, since others ask the KDC each time. */
  async function useContexts(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const kind = index % 20 === 0 ? 'keytab' : index % 20 === 10 ? 'password' : 'cache';
      await useContext({ mechanism: 'kerberos', target: HOST, ...identities[kind] }, index % 4);
    }
  }

  /** @param fate 0 and 1: it works; 2: the host answers garbage; 3: the host is not known, and the acceptor gets garbage */
  async function useContext(options: InitiateOptions, fate: number): Promise<void> {
    const binding = Buffer.from('tls-server-end-point:1');
    const initiator = await api.initiate({ ...options, channelBinding: binding, ...(fate === 3 ? { target: 'HTTP/nobody' } : {}) });
    const acceptor = await api.accept({ keytab: hostKeytab, service: 'HTTP', channelBinding: binding });
    try {
      await carry(initiator, acceptor, fate);
      const sealed = initiator.wrap(Buffer.from('message'));
      acceptor.unwrap(sealed.header, sealed.content);
      acceptor.unwrap(sealed.header, sealed.content);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'GssError') throw error;
    } finally {
      initiator.dispose();
      acceptor.dispose();
    }
  }

  async function carry(initiator: GssContext, acceptor: GssContext, fate: number): Promise<void> {
    if (fate === 3) await acceptor.step(Buffer.from('garbage')).catch(() => undefined);
    const token = await initiator.step(null);
    if (fate === 2) await initiator.step(Buffer.from('garbage'));
    const answer = await acceptor.step(token);
    await initiator.step(answer);
    acceptor.verifyMic(Buffer.from('m'), initiator.getMic(Buffer.from('m')));
  }
});

/** Bytes that C code and V8's buffers have allocated and not given back (glibc's mallinfo2), after collections and what they leave to do. */
async function inUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 5; round++) {
    collect();
    await setImmediate();
  }
  const type = koffi.struct(Object.fromEntries(FIELDS.map((name) => [name, 'size_t'])));
  const { uordblks = 0 } = koffi.load('libc.so.6').func('mallinfo2', type, [])() as Record<string, number>;
  return uordblks;
}
