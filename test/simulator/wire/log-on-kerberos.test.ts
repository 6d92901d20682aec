import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ServedSimulatedHost, type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { KerberosRealm, noKerberos, REALM } from '../../support/kerberos-realm.ts';
import { query } from './client.ts';
import { curlPost, curlWithKerberos, gssapiPost, pythonGssapi, winrmPost, winrmWithKerberos } from './peers/log-on-peers.ts';
import { startTlsRelay, type TlsRelay } from './peers/tls-relay.ts';

const PASSWORD = 'Passw0rd!';
const MACHINES = query(
  "SELECT Name FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'",
  '<w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements>',
);
const ANSWER = expect.stringContaining('EnumerateResponse');
const SPNEGO = 'application/HTTP-SPNEGO-session-encrypted';
const KERBEROS = 'application/HTTP-Kerberos-session-encrypted';

describe.skipIf(noKerberos !== null)(`Kerberos${noKerberos === null ? '' : ` (skipped: ${noKerberos})`}`, () => {
  let directory: string;
  let realm: KerberosRealm;
  let keytab: string;
  let simulator: Simulator | undefined;
  let relay: TlsRelay | null = null;

  beforeAll(async () => {
    directory = mkdtempSync(join(inject('runDirectory'), 'realm-'));
    realm = await KerberosRealm.start(directory);
    realm.enter();
    realm.add('HTTP/localhost', null);
    realm.add('hvadmin', PASSWORD);
    realm.add('somebody', PASSWORD);
    keytab = realm.keytab('HTTP/localhost');
  });
  afterAll(() => realm?.stopKdc());
  afterEach(async () => {
    await relay?.close();
    relay = null;
    await simulator?.close();
  });

  /** Its address is a name, since tickets are for names. */
  async function serve(options: Partial<SimulatorOptions> = {}): Promise<ServedSimulatedHost & { readonly port: number }> {
    simulator = await startSimulator({ hosts: 1, vms: 2, seed: 1, password: PASSWORD, keytab, ...options });
    const [host] = simulator.hosts;
    if (host === undefined) throw new Error('no host');
    return { ...host, url: host.url.replace('127.0.0.1', 'localhost'), port: Number(new URL(host.url).port) };
  }
  const ticketsOf = (user: string): Record<string, string> => ({ KRB5CCNAME: realm.kinit(user, PASSWORD) });

  describe.skipIf(!pythonGssapi.found)(pythonGssapi.title, () => {
    const byGssapi = { host: 'localhost', principal: `HTTP/localhost@${REALM}` };

    it.each([
      ['under its own scheme', 'Kerberos', 'kerberos', KERBEROS],
      ['under Negotiate, by itself', 'Negotiate', 'kerberos', SPNEGO],
      ['under Negotiate, inside of SPNEGO', 'Negotiate', 'spnego', SPNEGO],
    ] as const)('seals what it says over HTTP %s', async (_how, scheme, mechanism, protocol) => {
      const { port } = await serve();
      const documents = [MACHINES, 'nonsense', MACHINES];
      const answers = await gssapiPost({ ...byGssapi, port, scheme, mechanism, protocol, documents }, ticketsOf('hvadmin'));
      const contentType = `multipart/encrypted;protocol="${protocol}";boundary="Encrypted Boundary"`;
      expect(answers).toEqual([
        { status: 200, contentType, body: ANSWER },
        { status: 500, contentType, body: expect.stringContaining('Fault') },
        { status: 200, contentType, body: ANSWER },
      ]);
    });

    it.each(['kerberos', 'spnego'] as const)(
      'over TLS is bound to the connection, by itself or inside of SPNEGO: %s',
      async (mechanism) => {
        const { port, caFile: ca = '' } = await serve({ tls: true, cbtHardeningLevel: 'Strict' });
        const request = { ...byGssapi, port, ca, scheme: 'Negotiate', mechanism, protocol: SPNEGO, documents: [MACHINES] } as const;
        const tickets = ticketsOf('hvadmin');
        expect(await gssapiPost({ ...request, bind: true }, tickets)).toMatchObject([{ status: 200, body: ANSWER }]);
        expect(await gssapiPost({ ...request, bind: false }, tickets)).toEqual([{ logOn: 401 }]);
      },
    );

    it('is refused when somebody stands in the middle, though the host does not insist on a binding', async () => {
      const host = await serve({ tls: true });
      relay = await startTlsRelay(host);
      const through = { ...byGssapi, port: Number(new URL(relay.url).port), ca: relay.caFile };
      const request = { ...through, scheme: 'Kerberos', mechanism: 'kerberos', protocol: KERBEROS, documents: [MACHINES] } as const;
      const tickets = ticketsOf('hvadmin');
      expect(await gssapiPost({ ...request, bind: true }, tickets)).toEqual([{ logOn: 401 }]);
      expect(await gssapiPost({ ...request, bind: false }, tickets)).toMatchObject([{ status: 200 }]);
    });
  });

  describe.skipIf(!curlWithKerberos.found)(curlWithKerberos.title, () => {
    const byNegotiate = (caFile = '') => ['--negotiate', '-u', ':', '--cacert', caFile];

    it('logs on with its first request, for all requests of its connection', async () => {
      const { url, caFile } = await serve({ tls: true });
      const answers = await curlPost(url, [MACHINES, MACHINES], byNegotiate(caFile), ticketsOf('hvadmin'));
      expect(answers).toMatchObject([
        { statuses: [200], connections: 1, body: ANSWER },
        { statuses: [200], connections: 0, body: ANSWER },
      ]);
    });

    it('is refused as somebody else, and by a host whose key is an old one', async () => {
      const { url, caFile } = await serve({ tls: true });
      expect(await curlPost(url, [MACHINES], byNegotiate(caFile), ticketsOf('somebody'))).toMatchObject([{ statuses: [401], body: '' }]);
      realm.changeKey('HTTP/localhost');
      const tickets = ticketsOf('hvadmin');
      expect(await curlPost(url, [MACHINES], byNegotiate(caFile), tickets)).toMatchObject([{ statuses: [401], body: '' }]);
      await simulator?.close();
      keytab = realm.keytab('HTTP/localhost');
      const renewed = await serve({ tls: true });
      expect(await curlPost(renewed.url, [MACHINES], byNegotiate(renewed.caFile), tickets)).toMatchObject([
        { statuses: [200], body: ANSWER },
      ]);
    });
  });

  describe.skipIf(!winrmWithKerberos.found)(winrmWithKerberos.title, () => {
    it('logs on over TLS', async () => {
      const { url: endpoint, caFile } = await serve({ tls: true });
      const connection = { endpoint, transport: 'kerberos', ca_trust_path: caFile };
      expect(await winrmPost(connection, [MACHINES, MACHINES], ticketsOf('hvadmin'))).toEqual([{ body: ANSWER }, { body: ANSWER }]);
    });
  });

  it('is not offered without a file that has keys', async () => {
    await expect(serve({ keytab: join(directory, 'nothing') })).rejects.toMatchObject({
      code: 'usage.invalid',
      remedy: expect.stringContaining('klist'),
    });
    const { auth } = await serve();
    expect(auth).toEqual(['negotiate', 'kerberos', 'basic']);
  });
});
