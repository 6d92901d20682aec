import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FailbackError } from '../../../src/domain/failure.ts';
import { createWsmanHost, type WsmanHostOptions } from '../../../src/hyperv/wsman/wsman-host.ts';
import { basic, basicOf } from './hosts.ts';

/** A host that counts connections and answers nothing. */
async function silentHost(options: Partial<WsmanHostOptions> = {}) {
  const seen = { connections: 0 };
  const server = createServer();
  server.on('connection', (socket) => {
    seen.connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = createWsmanHost({
    name: 'hv',
    address: `http://127.0.0.1:${port}`,
    allowUnencrypted: true,
    logOn: basic('u', 'p'),
    ...options,
  });
  onTestFinished(async () => {
    await host.close();
    server.close();
  });
  return { host, seen };
}

test('what a request needs is made ready without a word to the host', async () => {
  const { host, seen } = await silentHost();
  await host.prepare();
  expect(seen.connections).toBe(0);
});

test('a credential that can not be resolved is told without a word to the host, and is asked for anew each time', async () => {
  let there = false;
  const { host, seen } = await silentHost({
    logOn: basicOf(async () => {
      if (there) return { username: 'u', password: 'p' };
      throw new FailbackError({ class: 'operator', code: 'secret.missing', message: 'env:X: the environment variable is not set' });
    }),
  });
  await expect(host.prepare()).rejects.toMatchObject({ code: 'secret.missing' });
  there = true;
  await host.prepare();
  expect(seen.connections).toBe(0);
});

test('a certificate authority that can not be read is told without a word to the host', async () => {
  const { host, seen } = await silentHost({ address: 'https://127.0.0.1:9', tls: { caFiles: [join('/nonexistent', 'ca.pem')] } });
  await expect(host.prepare()).rejects.toMatchObject({ code: 'host.tls', details: { errno: 'ENOENT' } });
  expect(seen.connections).toBe(0);
});

test('a credential that never comes is given up in time', async () => {
  const { host } = await silentHost({ logOn: basicOf(() => new Promise(() => undefined)) });
  await expect(host.prepare({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'host.not-sent', details: { sent: false } });
});
