import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type ServedSimulatedHost, type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { message, query } from './client.ts';
import { curl, curlPost, curlWithGss, winrm, winrmPost } from './peers/log-on-peers.ts';
import { startTlsRelay, type TlsRelay } from './peers/tls-relay.ts';

const PASSWORD = 'Passw0rd!';
const MACHINES = query(
  "SELECT Name FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'",
  '<w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements>',
);
const MISSING = message({ selectors: { Name: 'nobody' } });
const ANSWER = expect.stringContaining('EnumerateResponse');

let simulator: Simulator;
let relay: TlsRelay | null = null;

async function serve(options: Partial<SimulatorOptions> = {}): Promise<ServedSimulatedHost> {
  simulator = await startSimulator({ hosts: 1, vms: 2, seed: 1, password: PASSWORD, ...options });
  const [host] = simulator.hosts;
  if (host === undefined) throw new Error('no host');
  return host;
}

afterEach(async () => {
  await relay?.close();
  relay = null;
  await simulator.close();
});

describe.skipIf(!winrm.found)(winrm.title, () => {
  const logOn = ({ url, caFile, username, password }: ServedSimulatedHost, more: Record<string, unknown> = {}) => ({
    endpoint: url,
    transport: 'ntlm',
    username,
    password,
    ...(caFile === undefined ? {} : { ca_trust_path: caFile }),
    ...more,
  });

  it('seals what it says over HTTP, and reads what was sealed for it, faults too', async () => {
    const answers = await winrmPost(logOn(await serve(), { message_encryption: 'always' }), [MACHINES, MISSING, MACHINES]);
    expect(answers).toEqual([{ body: ANSWER }, { error: 'WinRMError', words: expect.stringContaining('500') }, { body: ANSWER }]);
  });

  it.each(['hvadmin', 'HVAdmin', 'HV-DR-01\\hvadmin', 'hvadmin@example.net'])('logs on as %s', async (username) => {
    expect(await winrmPost(logOn(await serve(), { username }), [MACHINES])).toEqual([{ body: ANSWER }]);
  });

  it.each([
    ['a wrong password', { password: 'Passw0rd?' }],
    ['another account', { username: 'administrator' }],
  ])('is refused with %s', async (_what, wrong) => {
    expect(await winrmPost(logOn(await serve(), wrong), [MACHINES])).toMatchObject([{ error: 'InvalidCredentialsError' }]);
  });

  it('must seal over HTTP, unless the host allows otherwise', async () => {
    const plain = { message_encryption: 'never' };
    expect(await winrmPost(logOn(await serve(), plain), [MACHINES])).toMatchObject([
      { error: 'WinRMTransportError', words: expect.stringContaining('Code 500') },
    ]);
    await simulator.close();
    expect(await winrmPost(logOn(await serve({ allowUnencrypted: true }), plain), [MACHINES])).toEqual([{ body: ANSWER }]);
  });

  it('binds its log-on to the TLS connection, and a host that insists on that lets it in', async () => {
    const host = await serve({ tls: true, cbtHardeningLevel: 'Strict' });
    expect(await winrmPost(logOn(host), [MACHINES, MACHINES])).toEqual([{ body: ANSWER }, { body: ANSWER }]);
    expect(await winrmPost(logOn(host, { send_cbt: false }), [MACHINES])).toMatchObject([{ error: 'InvalidCredentialsError' }]);
  });

  it('is refused when somebody stands in the middle, though the host does not insist', async () => {
    const host = await serve({ tls: true });
    relay = await startTlsRelay(host);
    const through = logOn(host, { endpoint: relay.url, ca_trust_path: relay.caFile });
    expect(await winrmPost(through, [MACHINES])).toMatchObject([{ error: 'InvalidCredentialsError' }]);
    expect(await winrmPost({ ...through, send_cbt: false }, [MACHINES])).toEqual([{ body: ANSWER }]);
  });

  it('may seal over TLS as well', async () => {
    const host = await serve({ tls: true });
    expect(await winrmPost(logOn(host, { message_encryption: 'always' }), [MACHINES])).toEqual([{ body: ANSWER }]);
  });

  it('logs on by certificate', async () => {
    const { clientCertificate: cert_pem, clientKey: cert_key_pem, ...host } = await serve({ tls: true });
    const byCertificate = logOn(host, { transport: 'certificate', cert_pem, cert_key_pem });
    expect(await winrmPost(byCertificate, [MACHINES])).toEqual([{ body: ANSWER }]);
    await simulator.close();
    const refusing = await serve({ tls: true, auth: ['basic', 'negotiate'] });
    const { clientCertificate, clientKey } = refusing;
    const again = logOn(refusing, { transport: 'certificate', cert_pem: clientCertificate, cert_key_pem: clientKey });
    expect(await winrmPost(again, [MACHINES])).toMatchObject([{ error: 'InvalidCredentialsError' }]);
  });

  it('logs on by Basic over TLS, and over HTTP only where that is taken', async () => {
    const basic = { transport: 'basic' };
    expect(await winrmPost(logOn(await serve({ tls: true, basicOverHttp: false }), basic), [MACHINES])).toEqual([{ body: ANSWER }]);
    await simulator.close();
    const plain = await serve({ basicOverHttp: false });
    expect(await winrmPost(logOn(plain, basic), [MACHINES])).toMatchObject([{ error: 'InvalidCredentialsError' }]);
  });
});

describe.skipIf(!curl.found)(curl.title, () => {
  const logOn = (caFile = '', password = PASSWORD) => ['--ntlm', '-u', `hvadmin:${password}`, '--cacert', caFile];

  it('logs on once for all requests of its connection', async () => {
    const { url, caFile } = await serve({ tls: true, auth: ['ntlm'] });
    const answers = await curlPost(url, [MACHINES, MACHINES], logOn(caFile));
    expect(answers).toEqual([
      { statuses: [401, 200], connections: 1, body: ANSWER },
      { statuses: [200], connections: 0, body: ANSWER },
    ]);
  });

  it('is refused with a wrong password, and by a host that does not offer the scheme', async () => {
    const { url, caFile } = await serve({ tls: true, auth: ['ntlm'] });
    expect(await curlPost(url, [MACHINES], logOn(caFile, 'Passw0rd?'))).toMatchObject([{ statuses: [401, 401], body: '' }]);
    await simulator.close();
    const real = await serve({ tls: true });
    expect(await curlPost(real.url, [MACHINES], logOn(real.caFile))).toMatchObject([{ body: '' }]);
  });

  it('logs on by certificate', async () => {
    const { url, caFile = '', clientCertificate = '', clientKey = '' } = await serve({ tls: true, auth: ['certificate'] });
    const mutual = 'Authorization: http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';
    const certificate = ['--cert', clientCertificate, '--key', clientKey];
    expect(await curlPost(url, [MACHINES], ['--cacert', caFile, ...certificate, '-H', mutual])).toMatchObject([
      { statuses: [200], body: ANSWER },
    ]);
    expect(await curlPost(url, [MACHINES], ['--cacert', caFile, ...certificate])).toMatchObject([{ statuses: [401] }]);
    expect(await curlPost(url, [MACHINES], ['--cacert', caFile, '-H', mutual])).toMatchObject([{ statuses: [401] }]);
    const stranger = join(mkdtempSync(join(inject('runDirectory'), 'client-')), 'client.pem');
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'hvadmin' }]);
    writeFileSync(stranger, `${cert}\n${key}`);
    expect(await curlPost(url, [MACHINES], ['--cacert', caFile, '--cert', stranger, '-H', mutual])).toMatchObject([{ statuses: [401] }]);
  });
});

describe.skipIf(!curlWithGss.found)(curlWithGss.title, () => {
  it.each([
    ['the right', PASSWORD, { statuses: [401, 200], body: ANSWER }],
    ['a wrong', 'Passw0rd?', { statuses: [401, 401], body: '' }],
  ])('speaks NTLM inside of SPNEGO, signing the list of mechanisms, with %s password', async (_which, password, answer) => {
    const { url, caFile = '' } = await serve({ tls: true });
    const users = join(mkdtempSync(join(inject('runDirectory'), 'gss-')), 'users');
    writeFileSync(users, `HV-DR-01:hvadmin:${password}\n`);
    const answers = await curlPost(url, [MACHINES], ['--negotiate', '-u', ':', '--cacert', caFile], { NTLM_USER_FILE: users });
    expect(answers).toMatchObject([answer]);
  });
});
