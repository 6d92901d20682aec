import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import type { TlsTrust } from '../../../src/hyperv/wsman/tls-trust.ts';
import { type ServeOptions, serveHost } from '../../../src/simulator/wire/server.ts';
import { createSimulation, type Simulation } from '../../../src/simulator/world/simulation.ts';
import { noOpenssl, type PemPair, selfSigned } from '../../support/certificates.ts';
import { KerberosRealm, lacking, noKerberos, REALM } from '../../support/kerberos-realm.ts';
import { inspectingProxyTo, nginxTo, stunnelTo } from '../../support/tls-peer.ts';
import { failureOf, hostAt, PASSWORD, soon } from './hosts.ts';
import { envelope, http, scriptedServer } from './scripted-server.ts';

const skipped = [noOpenssl, lacking(['stunnel', 'nginx'])].find((reason) => reason !== null) ?? null;
const because = (reason: string | null): string => (reason === null ? '' : ` (skipped: ${reason})`);

const credentials = async () => ({ username: 'hvadmin', password: PASSWORD });
const BASIC: LogOn = { scheme: 'basic', credentials };
const NTLM: LogOn = { scheme: 'ntlm', credentials };
const NEGOTIATE: LogOn = { scheme: 'negotiate', identity: { kind: 'password', credentials } };

/** What says that TLS ended on the way, and what to do. */
const ENDED_TLS = /something between this machine and the host ends TLS.*pass TLS through.*http:\/\/ address/;

describe.skipIf(skipped !== null)(`between us and a host${because(skipped)}`, () => {
  let simulation: Simulation;
  /** Certificate of the host, and of what stands in front of it. */
  let own: PemPair;
  let others: PemPair;
  let vm = '';
  beforeAll(() => {
    simulation = createSimulation({ hosts: 1, vms: 1, seed: 1, password: PASSWORD });
    vm = [...simulation.world.host(simulation.hosts[0]?.name ?? '').vms.keys()][0] ?? '';
    own = selfSigned('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    others = selfSigned('-newkey', 'rsa:2048');
  });
  afterAll(() => simulation?.close());

  async function serve(options: Partial<ServeOptions> = {}): Promise<number> {
    const [host] = simulation.hosts;
    if (host === undefined) throw new Error('there is no simulated host');
    const served = await serveHost(host, { port: 0, ...options });
    onTestFinished(() => served.close());
    return served.port;
  }

  /** The host at a port, believed because it shows this certificate. */
  function hostShowing({ cert }: PemPair, port: number, logOn: LogOn, trust: TlsTrust = {}): HyperVHost {
    const caFile = join(mkdtempSync(join(inject('runDirectory'), 'ca-')), 'ca.pem');
    writeFileSync(caFile, cert);
    const host = hostAt(`https://127.0.0.1:${port}`, { allowUnencrypted: false, logOn, tls: { caFiles: [caFile], ...trust } });
    onTestFinished(() => host.close());
    return host;
  }

  describe('TLS ends and the host is asked in plain HTTP:', () => {
    it.each([
      ['stunnel', stunnelTo],
      ['nginx', nginxTo],
    ])('Basic gets through %s', async (_, peerTo) => {
      const host = hostShowing(others, await peerTo(await serve(), others), BASIC);
      expect(await host.identify()).toMatchObject({ logOn: { scheme: 'basic' }, tls: { certificate: { subject: 'CN=hv' } } });
      expect(await host.observe({ jobsOfVm: true })).toMatchObject({ vms: expect.any(Map) });
    });

    it.each([
      ['NTLM', NTLM],
      ['Negotiate', NEGOTIATE],
    ])('by %s through stunnel a host logs on, takes no message that is not sealed, and that is said', async (_, logOn) => {
      const port = await stunnelTo(await serve(), others);
      const look = await failureOf(hostShowing(others, port, logOn).identify());
      expect(look).toMatchObject({ code: 'host.malformed-answer', class: 'retryable', details: { status: 500 } });
      expect(look.remedy).toMatch(ENDED_TLS);
      const change = await failureOf(hostShowing(others, port, logOn).requestStateChange(vm, 2, soon()));
      expect(change).toMatchObject({ code: 'host.malformed-answer', class: 'reconcile', details: { sent: true } });
      expect(change.remedy).toMatch(ENDED_TLS);
    });

    it('by NTLM through stunnel it answers where it takes unsealed messages (AllowUnencrypted)', async () => {
      const port = await stunnelTo(await serve({ allowUnencrypted: true }), others);
      expect(await hostShowing(others, port, NTLM).identify()).toMatchObject({ logOn: { mechanism: 'NTLM', sealed: false } });
    });

    it('nginx, which asks on other connections than it is asked on, ends every log-on of a connection', async () => {
      const failure = await failureOf(hostShowing(others, await nginxTo(await serve(), others), NTLM).requestStateChange(vm, 2, soon()));
      expect(failure).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { sent: false } });
      expect(failure.remedy).toMatch(ENDED_TLS);
    });
  });

  describe('TLS is opened and closed again,', () => {
    it.each<[string, LogOn, 'Strict' | 'Relaxed']>([
      ['NTLM', NTLM, 'Strict'],
      ['Negotiate', NEGOTIATE, 'Strict'],
      ['NTLM', NTLM, 'Relaxed'],
    ])('under another certificate: %s is refused, and the words say why', async (_, logOn, cbtHardeningLevel) => {
      const port = await inspectingProxyTo(await serve({ tls: own, cbtHardeningLevel }), others);
      const failure = await failureOf(hostShowing(others, port, logOn).requestStateChange(vm, 2, soon()));
      expect(failure).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { sent: false } });
      expect(failure.remedy).toMatch(ENDED_TLS);
    });

    it('under another certificate: Basic is not tied to a connection and gets through', async () => {
      const port = await inspectingProxyTo(await serve({ tls: own, cbtHardeningLevel: 'Strict' }), others);
      expect(await hostShowing(others, port, BASIC).identify()).toMatchObject({ logOn: { scheme: 'basic' } });
    });

    it.each(['TLSv1.2', 'TLSv1.3'] as const)(
      'under the certificate of the host itself: NTLM gets through by %s alone',
      async (protocol) => {
        const port = await inspectingProxyTo(await serve({ tls: own, cbtHardeningLevel: 'Strict' }), own, protocol);
        expect(await hostShowing(own, port, NTLM).identify()).toMatchObject({ tls: { protocol }, logOn: { mechanism: 'NTLM' } });
      },
    );

    it.each<[string, () => [PemPair, TlsTrust]]>([
      ['a pinned certificate', () => [others, { fingerprint: new X509Certificate(own.cert).fingerprint256 }]],
      ['the named authority', () => [own, {}]],
    ])('under another certificate: %s keeps every byte of a request from it', async (_, trust) => {
      const server = await scriptedServer(
        ({ socket }) => void socket.write(http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'))),
        own,
      );
      onTestFinished(() => server.close());
      const port = await inspectingProxyTo(server.port, others);
      const failure = await failureOf(hostShowing(trust()[0], port, BASIC, trust()[1]).requestStateChange(vm, 2, soon()));
      expect(failure).toMatchObject({ code: 'host.tls', class: 'operator', details: { sent: false } });
      expect(server.requests).toHaveLength(0);
    });

    describe.skipIf(noKerberos !== null)(`Kerberos${because(noKerberos)}`, () => {
      const SPN = 'HTTP/hv.failback.test';
      let realm: KerberosRealm | undefined;
      let keytab = '';
      beforeAll(async () => {
        realm = await KerberosRealm.start(mkdtempSync(join(inject('runDirectory'), 'realm-')));
        realm.enter();
        realm.add('hvadmin', PASSWORD);
        realm.add(SPN, null);
        keytab = realm.keytab(SPN);
      });
      afterAll(() => realm?.stopKdc());
      const tickets: LogOn = {
        scheme: 'kerberos',
        spn: SPN,
        identity: { kind: 'password', credentials: async () => ({ username: `hvadmin@${REALM}`, password: PASSWORD }) },
      };

      it.each(['Strict', 'Relaxed'] as const)(
        'is refused under another certificate (%s), and the words say why',
        async (cbtHardeningLevel) => {
          const port = await inspectingProxyTo(await serve({ tls: own, auth: ['kerberos'], keytab, cbtHardeningLevel }), others);
          const failure = await failureOf(hostShowing(others, port, tickets).requestStateChange(vm, 2, soon()));
          expect(failure).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { sent: false } });
          expect(failure.remedy).toMatch(ENDED_TLS);
        },
      );

      it('gets through under the certificate of the host itself', async () => {
        const port = await inspectingProxyTo(await serve({ tls: own, auth: ['kerberos'], keytab, cbtHardeningLevel: 'Strict' }), own);
        expect(await hostShowing(own, port, tickets).identify()).toMatchObject({ logOn: { mechanism: 'Kerberos' } });
      });
    });
  });
});
