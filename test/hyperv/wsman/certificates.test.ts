import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import { type ServeOptions, serveHost } from '../../../src/simulator/wire/server.ts';
import { createSimulation } from '../../../src/simulator/world/simulation.ts';
import { type AltName, certify, noOpenssl, type PemPair, selfSigned } from '../../support/certificates.ts';
import { lacking } from '../../support/kerberos-realm.ts';
import { apacheTo, opensslServer } from '../../support/tls-peer.ts';
import { basic, failureOf, hostAt, PASSWORD, soon, VM } from './hosts.ts';
import { envelope, http, type ScriptedServer, scriptedServer } from './scripted-server.ts';

const because = (reason: string | null): string => (reason === null ? '' : ` (skipped: ${reason})`);

/** A file of the test's own. */
function fileOf(text: string): string {
  const file = join(mkdtempSync(join(inject('runDirectory'), 'pem-')), 'file.pem');
  writeFileSync(file, text);
  return file;
}

function hostWith(authority: string, port: number, logOn: LogOn = basic('hvadmin', PASSWORD), address = '127.0.0.1'): HyperVHost {
  const host = hostAt(`https://${address}:${port}`, { allowUnencrypted: false, logOn, tls: { caFiles: [fileOf(authority)] } });
  onTestFinished(() => host.close());
  return host;
}

async function simulatedHost(options: Partial<ServeOptions>): Promise<number> {
  const simulation = createSimulation({ hosts: 1, vms: 1, seed: 1, password: PASSWORD });
  const [host] = simulation.hosts;
  if (host === undefined) throw new Error('there is no simulated host');
  const served = await serveHost(host, { port: 0, ...options });
  onTestFinished(async () => {
    await served.close();
    simulation.close();
  });
  return served.port;
}

async function scripted(tls?: PemPair): Promise<ScriptedServer> {
  const server = await scriptedServer(
    ({ socket }) => void socket.write(http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'))),
    tls,
  );
  onTestFinished(() => server.close());
  return server;
}

const SUCCEEDED = { returnValue: 0, jobId: null };
const NTLM: LogOn = { scheme: 'ntlm', credentials: async () => ({ username: 'hvadmin', password: PASSWORD }) };

describe.skipIf(noOpenssl !== null)(`NTLM is tied to a connection under a certificate with${because(noOpenssl)}`, () => {
  it.each<[string, readonly string[]]>([
    ['RSA and SHA-1', ['-newkey', 'rsa:2048', '-sha1']],
    ['RSA and SHA-224', ['-newkey', 'rsa:2048', '-sha224']],
    ['RSA and SHA-256', ['-newkey', 'rsa:2048', '-sha256']],
    ['RSA and SHA-384', ['-newkey', 'rsa:2048', '-sha384']],
    ['RSA and SHA-512', ['-newkey', 'rsa:2048', '-sha512']],
    ['an RSA key, RSASSA-PSS and SHA-512', ['-newkey', 'rsa:2048', '-sha512', '-sigopt', 'rsa_padding_mode:pss']],
    ['an RSASSA-PSS key and SHA-384', ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048', '-sha384']],
    ['ECDSA P-256 and SHA-224', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha224']],
    ['ECDSA P-384 and SHA-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['ECDSA P-521 and SHA-512', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('%s', async (_, algorithm) => {
    const certificate = selfSigned(...algorithm);
    const port = await simulatedHost({ tls: certificate, auth: ['negotiate'], cbtHardeningLevel: 'Strict' });
    expect(await hostWith(certificate.cert, port, NTLM).identify()).toMatchObject({ logOn: { mechanism: 'NTLM' } });
  });
});

const LOOPBACK: readonly AltName[] = [{ type: 7, ip: '127.0.0.1' }];

describe('a chain', () => {
  let root: PemPair;
  let issuing: PemPair;
  let host: PemPair;
  beforeAll(async () => {
    root = await certify({ name: 'Root', issuer: null, authority: true });
    issuing = await certify({ name: 'Issuing', issuer: root, authority: true });
    host = await certify({ name: 'hv', issuer: issuing, altNames: LOOPBACK });
  });
  const callTo = async (shown: PemPair, authority: string) =>
    hostWith(authority, (await scripted(shown)).port).requestStateChange(VM, 2, soon());
  const withAuthorities = ({ cert, key }: PemPair, ...authorities: readonly PemPair[]): PemPair => ({
    cert: cert + authorities.map((each) => each.cert).join(''),
    key,
  });

  it('is good with the intermediate authority that the host sends', async () => {
    expect(await callTo(withAuthorities(host, issuing), root.cert)).toEqual(SUCCEEDED);
  });

  it('is good with the intermediate authority in the CA file', async () => {
    expect(await callTo(host, root.cert + issuing.cert)).toEqual(SUCCEEDED);
  });

  it.each<[string, () => [PemPair, string], RegExp]>([
    [
      'without the intermediate authority',
      () => [host, root.cert],
      /intermediate authority, install its certificate on the host.*or add it/,
    ],
    ['with only an intermediate authority in the CA file', () => [host, issuing.cert], /add the certificate of the root/],
    ['up to a root nobody named', () => [withAuthorities(host, issuing), host.cert], /Name the issuing authority/],
    ['with a root nobody named in it', () => [withAuthorities(host, issuing, root), host.cert], /Name the issuing authority/],
  ])('%s is not trusted, and the remedy says what is missing', async (_, set, remedy) => {
    const [shown, authority] = set();
    const failure = await failureOf(callTo(shown, authority));
    expect(failure).toMatchObject({ code: 'host.tls', class: 'operator', details: { sent: false } });
    expect(failure.remedy).toMatch(remedy);
  });

  it('with an authority that has expired is not trusted, and the remedy does not blame the host alone', async () => {
    const expired = await certify({ name: 'Old', issuer: root, authority: true, days: -1 });
    const shown = withAuthorities(await certify({ name: 'hv', issuer: expired, altNames: LOOPBACK }), expired);
    const failure = await failureOf(callTo(shown, root.cert));
    expect(failure).toMatchObject({ code: 'host.tls', class: 'operator', details: { errno: 'CERT_HAS_EXPIRED', sent: false } });
    expect(failure.remedy).toMatch(/or that of the authority that issued it/);
  });

  it.each<[string, string, string, readonly AltName[], boolean]>([
    ['its address', '127.0.0.1', 'hv', LOOPBACK, true],
    ['its name in the common name alone', 'localhost', 'localhost', [], true],
    ['its name in the common name and another as its alternative', 'localhost', 'localhost', [{ type: 2, value: 'hv2' }], false],
    ['its address in the common name alone', '127.0.0.1', '127.0.0.1', [], false],
    ['its address as a DNS name', '127.0.0.1', 'hv', [{ type: 2, value: '127.0.0.1' }], false],
    ['its address, asked by name', 'localhost', 'hv', LOOPBACK, false],
  ])('to a host with %s', async (_, address, name, altNames, isRight) => {
    const { port } = await scripted(await certify({ name, issuer: root, altNames }));
    const call = hostWith(root.cert, port, undefined, address).requestStateChange(VM, 2, soon());
    if (isRight) expect(await call).toEqual(SUCCEEDED);
    else expect(await failureOf(call)).toMatchObject({ code: 'host.tls', details: { errno: 'ERR_TLS_CERT_ALTNAME_INVALID', sent: false } });
  });

  describe('of a client', () => {
    let clients: PemPair;
    let good: PemPair;
    let expired: PemPair;
    beforeAll(async () => {
      clients = await certify({ name: 'Clients', issuer: root, authority: true });
      good = await certify({ name: 'hvadmin', issuer: clients });
      expired = await certify({ name: 'hvadmin', issuer: clients, days: -1 });
    });
    const logOnBy = ({ cert, key }: PemPair): LogOn => ({
      scheme: 'certificate',
      certificateFile: fileOf(cert),
      keyFile: fileOf(key),
      passphrase: null,
    });

    it('is sent whole, and logs on', async () => {
      const tls = { ...withAuthorities(host, issuing), clientCa: root.cert };
      const port = await simulatedHost({ tls, auth: ['certificate'] });
      expect(await hostWith(root.cert, port, logOnBy(withAuthorities(good, clients))).identify()).toMatchObject({
        logOn: { scheme: 'certificate' },
        tls: { protocol: 'TLSv1.2' },
      });
    });

    describe.skipIf(noOpenssl !== null)(`refused while TLS is set up${because(noOpenssl)}:`, () => {
      it.each<[string, 'TLSv1.2' | 'TLSv1.3', () => LogOn]>([
        ['lacks an authority', 'TLSv1.2', () => logOnBy(good)],
        ['has expired', 'TLSv1.2', () => logOnBy(withAuthorities(expired, clients))],
        ['is not shown at all', 'TLSv1.3', () => basic('hvadmin', PASSWORD)],
      ])('it %s (%s)', async (_, protocol, logOn) => {
        const port = await opensslServer(withAuthorities(host, issuing), protocol, fileOf(root.cert));
        const look = await failureOf(hostWith(root.cert, port, logOn()).identify());
        expect(look).toMatchObject({ code: 'host.tls', class: 'operator' });
        expect(look.message).toContain('wants another certificate of its client');
        const change = await failureOf(hostWith(root.cert, port, logOn()).requestStateChange(VM, 2, soon()));
        // By TLS 1.3 a client may write before its certificate was looked at.
        const sent = protocol === 'TLSv1.3';
        expect(change).toMatchObject({ code: 'host.tls', class: sent ? 'reconcile' : 'operator', details: { sent } });
      });
    });

    it.skipIf(noOpenssl !== null)(`is not shown by TLS 1.3, and the remedy says so${because(noOpenssl)}`, async () => {
      const port = await opensslServer(withAuthorities(host, issuing), 'TLSv1.3', fileOf(root.cert));
      const failure = await failureOf(hostWith(root.cert, port, logOnBy(withAuthorities(good, clients))).requestStateChange(VM, 2, soon()));
      expect(failure).toMatchObject({ code: 'host.tls', class: 'operator', details: { sent: false } });
      expect(failure.remedy).toMatch(/for auth: certificate it has to be TLS 1\.2/);
    });

    const noApache = lacking(['apache2']);
    describe.skipIf(noApache !== null)(`asked for after the request${because(noApache)}`, () => {
      const apache = async () => {
        const server = await scripted();
        return { server, port: await apacheTo(server.port, withAuthorities(host, issuing), fileOf(root.cert)) };
      };

      it('is shown by negotiating anew, and the request arrives once', async () => {
        const { server, port } = await apache();
        const hyperv = hostWith(root.cert, port, logOnBy(withAuthorities(good, clients)));
        expect(await hyperv.requestStateChange(VM, 2, soon())).toEqual(SUCCEEDED);
        expect(await hyperv.requestStateChange(VM, 2, soon())).toEqual(SUCCEEDED);
        expect(server.requests.map(({ headers }) => /x-client: (.*)/i.exec(headers)?.[1])).toEqual(['hvadmin', 'hvadmin']);
      });

      it('and refused: a change is in doubt, and the words say why', async () => {
        const { server, port } = await apache();
        const failure = await failureOf(
          hostWith(root.cert, port, logOnBy(withAuthorities(expired, clients))).requestStateChange(VM, 2, soon()),
        );
        expect(failure).toMatchObject({ code: 'host.tls', class: 'reconcile', details: { sent: true } });
        expect(failure.remedy).toMatch(/check its dates/);
        expect(server.requests).toHaveLength(0);
      });
    });
  });
});
