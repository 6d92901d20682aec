import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsTrust } from '../../../src/hyperv/wsman/tls-trust.ts';
import { failureOf, hostAt, soon, VM } from './hosts.ts';
import { envelope, http, type ScriptedServer, scriptedServer } from './scripted-server.ts';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY = 86_400_000;
const DONE = http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'));

let directory = '';
let caFile = '';
let good: Certificate;
let named: Certificate;
let expired: Certificate;
let selfSigned: Certificate;
let server: ScriptedServer;

async function certificate(
  altName: { type: 2; value: string } | { type: 7; ip: string },
  days: number,
  ca?: Certificate,
): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'hv' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 3 * DAY),
    notAfterDate: new Date(Date.now() + days * DAY),
    ...(ca === undefined ? {} : { ca }),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'subjectAltName', altNames: [altName] },
    ],
  });
  return { cert: made.cert, key: made.private };
}

beforeAll(async () => {
  const authority = await generate([{ name: 'commonName', value: 'Test CA' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const ca = { cert: authority.cert, key: authority.private };
  const local = { type: 7, ip: '127.0.0.1' } as const;
  good = await certificate(local, 1, ca);
  named = await certificate({ type: 2, value: 'hv-dr-01.example.net' }, 1, ca);
  expired = await certificate(local, -1, ca);
  selfSigned = await certificate(local, 1);
  directory = mkdtempSync(join(tmpdir(), 'failback-tls-'));
  caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, ca.cert);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => server.close());

async function start(options: TlsOptions): Promise<void> {
  server = await scriptedServer(({ socket }) => void socket.write(DONE), options);
}

async function call(trust: TlsTrust) {
  const host = hostAt(server.url, { tls: trust });
  try {
    return await host.requestStateChange(VM, 2, soon());
  } finally {
    await host.close();
  }
}

const fingerprint = ({ cert }: Certificate): string => new X509Certificate(cert).fingerprint256;
const REFUSED = { code: 'host.tls', class: 'operator', details: { sent: false } };

describe('a host is believed', () => {
  it('when its certificate comes from the named authority', async () => {
    await start(good);
    expect(await call({ caFiles: [caFile] })).toEqual({ returnValue: 0, jobId: null });
  });

  it('when it has the name that is expected of it', async () => {
    await start(named);
    expect(await call({ caFiles: [caFile], serverName: 'hv-dr-01.example.net' })).toEqual({ returnValue: 0, jobId: null });
  });

  it('when it shows the pinned certificate, whoever issued it', async () => {
    await start(selfSigned);
    expect(await call({ fingerprint: fingerprint(selfSigned).toLowerCase() })).toEqual({ returnValue: 0, jobId: null });
  });

  it('on a kept connection without being checked again', async () => {
    await start(good);
    const host = hostAt(server.url, { tls: { caFiles: [caFile], fingerprint: fingerprint(good) } });
    await host.requestStateChange(VM, 2, soon());
    await host.requestStateChange(VM, 2, soon());
    await host.close();
    expect(server.requests.map(({ indexOnConnection }) => indexOnConnection)).toEqual([0, 1]);
  });
});

describe('a host is not believed, and gets not one byte of a request,', () => {
  it.each<[string, () => TlsOptions, () => TlsTrust]>([
    ['when nobody vouches for it', () => good, () => ({})],
    ['when it vouches for itself', () => selfSigned, () => ({ caFiles: [caFile] })],
    ['when it has another name', () => named, () => ({ caFiles: [caFile] })],
    ['when another name is expected of it', () => good, () => ({ caFiles: [caFile], serverName: 'hv-dr-01.example.net' })],
    ['when its certificate has expired', () => expired, () => ({ caFiles: [caFile] })],
    ['when another certificate is pinned', () => good, () => ({ fingerprint: fingerprint(selfSigned) })],
    [
      'when the pin is right and the authority is not',
      () => selfSigned,
      () => ({ fingerprint: fingerprint(selfSigned), caFiles: [caFile] }),
    ],
    ['when the authority is right and the pin is not', () => good, () => ({ fingerprint: fingerprint(named), caFiles: [caFile] })],
    [
      'when it speaks TLS 1.1',
      () => ({ ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
      () => ({ caFiles: [caFile] }),
    ],
    ['when the authority cannot be read', () => good, () => ({ caFiles: [join(directory, 'missing.pem')] })],
  ])('%s', async (_name, options, trust) => {
    await start(options());
    const failure = await failureOf(call(trust()));
    expect(failure).toMatchObject(REFUSED);
    expect(failure.remedy).toMatch(/\w/);
    expect(server.requests).toHaveLength(0);
  });

  it('when it does not speak TLS at all', async () => {
    server = await scriptedServer(() => undefined);
    const host = hostAt(server.url.replace('http:', 'https:'));
    const failure = failureOf(host.requestStateChange(VM, 2, soon()));
    await expect.poll(() => server.connections.length).toBe(1);
    server.connections[0]?.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await failure).toMatchObject(REFUSED);
    await host.close();
  });
});

describe('settings that cannot be right', () => {
  it.each([
    ['plain HTTP without leave', 'http://hv.example.net', {}],
    ['another scheme', 'ftp://hv.example.net', {}],
    ['a password in the address', 'https://u:p@hv.example.net', {}],
    ['a query', 'https://hv.example.net/wsman?x=1', {}],
    ['no fingerprint', 'https://hv.example.net', { tls: { fingerprint: 'ab:cd' } }],
  ])('%s is refused before anything happens', async (_name, address, options) => {
    await start(good);
    await expect(async () => hostAt(address, { allowUnencrypted: false, ...options })).rejects.toMatchObject({
      code: 'plan.invalid',
      details: { sent: false },
    });
  });
});
