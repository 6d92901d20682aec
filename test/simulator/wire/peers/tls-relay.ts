import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { inject } from 'vitest';
import { makeCertificates } from '../../../../src/simulator/certificates.ts';

export interface TlsRelay {
  readonly url: string;
  readonly caFile: string;
  close(): Promise<void>;
}

/** Stands between a client and a host: a certificate of its own on one side, TLS of its own to the other. */
export async function startTlsRelay(host: { readonly url: string; readonly caFile?: string }): Promise<TlsRelay> {
  const { ca, hosts } = await makeCertificates(['relay'], ['127.0.0.1']);
  const directory = mkdtempSync(join(inject('runDirectory'), 'relay-'));
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, ca);
  const { hostname, port } = new URL(host.url);
  const server = createServer({ ...hosts.get('relay') }, (near) => {
    const far = connect({ host: hostname, port: Number(port), ca: readFileSync(host.caFile ?? '') });
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/wsman`,
    caFile,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
