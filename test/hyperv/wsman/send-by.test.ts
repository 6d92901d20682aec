import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { basicOf, failureOf, hostAt, SETTINGS, soon, VM } from './hosts.ts';
import { envelope, http, page, type ScriptedServer, scriptedServer, subject } from './scripted-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function keep(host: HyperVHost): HyperVHost {
  closing.push(() => host.close());
  return host;
}

async function serving(...script: Parameters<typeof scriptedServer>): Promise<ScriptedServer> {
  const server = await scriptedServer(...script);
  closing.push(() => server.close());
  return server;
}

/** A server that does nothing by itself; gives the sockets it accepted. */
async function silent(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const NOT_SENT = { code: 'host.not-sent', class: 'retryable', details: { sent: false } };
const DONE = http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'));
const within = (ms: number): number => performance.now() + ms;

describe('a change does not leave after its time', () => {
  it('when the TLS handshake stalls', async () => {
    let received = '';
    const port = await silent((socket) => socket.on('data', (data) => (received += data.toString('latin1'))));
    const host = keep(hostAt(`https://127.0.0.1:${port}`));
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ sendBy: within(150) })))).toMatchObject(NOT_SENT);
    expect(received).not.toContain('POST');
  });

  it('when all connections are busy, not even when one gets free later', async () => {
    const waiting: Socket[] = [];
    const server = await serving(({ socket }) => void waiting.push(socket));
    const host = keep(hostAt(server.url, { maxSockets: 1 }));
    const slow = host.jobErrors('J');
    await expect.poll(() => waiting.length).toBe(1);
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ sendBy: within(100) })))).toMatchObject(NOT_SENT);
    waiting[0]?.write(DONE);
    expect(await slow).toEqual([]);
    const next = host.jobErrors('K');
    await expect.poll(() => server.requests.length).toBe(2);
    expect(server.requests.map(subject)).toEqual(['GetErrorEx Msvm_ConcreteJob', 'GetErrorEx Msvm_ConcreteJob']);
    waiting[1]?.write(DONE);
    await next;
  });

  it('when this process was busy between connecting and writing', async () => {
    let received = 0;
    const port = await silent((socket) => socket.on('data', (data) => (received += data.length)));
    const host = keep(hostAt(`http://127.0.0.1:${port}`));
    let asked = (): void => undefined;
    const resolving = new Promise<void>((resolve) => (asked = resolve));
    const late = hostAt(`http://127.0.0.1:${port}`, {
      logOn: basicOf(async () => {
        asked();
        return { username: 'u', password: 'p' };
      }),
    });
    keep(late);
    const failure = failureOf(late.requestStateChange(VM, 2, soon({ sendBy: within(60) })));
    await resolving;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120);
    expect(await failure).toMatchObject(NOT_SENT);
    await host.close();
    expect(received).toBe(0);
  });

  it('when its time is already over on a connection that is open', async () => {
    const server = await serving(({ socket }) => void socket.write(DONE));
    const host = keep(hostAt(server.url));
    await host.jobErrors('J');
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ sendBy: within(-1) })))).toMatchObject(NOT_SENT);
    expect(server.requests).toHaveLength(1);
  });

  it('not even the rest of a request the host takes too slowly', async () => {
    let received = 0;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    const held: Socket[] = [];
    const port = await silent((socket) => {
      held.push(socket.pause());
      socket.on('data', (data) => (received += data.length)).pause();
      socket.on('close', end);
    });
    const service = page(
      'Enumerate',
      '<a:EndpointReference><a:Address/><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI></a:ReferenceParameters></a:EndpointReference>',
      null,
      true,
    );
    const large = 'x'.repeat(24 * 1024 * 1024);
    const settings = { ...SETTINGS, properties: [{ name: 'AdditionalSettings', type: 'string', value: large }] };
    const host = keep(hostAt(`http://127.0.0.1:${port}`, { maxSockets: 1 }));
    const failure = failureOf(
      host.initiateFailback({ vmId: VM, settings, recoveryPointIdentifier: null }, soon({ sendBy: within(3_000) })),
    );
    await expect.poll(() => held.length).toBe(1);
    held[0]?.once('data', () => void held[0]?.pause().write(http(200, service)));
    held[0]?.resume();
    // The host goes on reading after the time is over: whatever it gets now had left before.
    const later = setTimeout(() => held[0]?.resume(), 4_000);
    closing.push(async () => clearTimeout(later));
    expect(await failure).toMatchObject({ code: 'host.timeout', class: 'reconcile', details: { sent: true } });
    await over;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(large.length);
  });
});

describe('a change that could not leave', () => {
  it('is not sent when nobody listens', async () => {
    const { port, close } = await scriptedServer(() => undefined);
    await close();
    const host = keep(hostAt(`http://127.0.0.1:${port}`));
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.unreachable',
      class: 'retryable',
      details: { sent: false },
    });
  });

  it('is not sent when the name cannot be resolved', async () => {
    const host = keep(hostAt('http://no-such-host.invalid:5985'));
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.name-unresolved',
      details: { sent: false },
    });
  });

  it('is not sent when the host closes the connection during the TLS handshake', async () => {
    const port = await silent((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const host = keep(hostAt(`https://127.0.0.1:${port}`));
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.disconnected',
      class: 'retryable',
      details: { sent: false },
    });
  });

  it('is not sent when its arguments cannot be written', async () => {
    const server = await serving(({ socket }) => void socket.write(DONE));
    const host = keep(hostAt(server.url));
    const sent = { details: { sent: false } };
    expect(await failureOf(host.requestStateChange("' OR 1=1", 2, soon()))).toMatchObject({ code: 'usage.invalid', ...sent });
    expect(await failureOf(host.commitFailover(VM, soon({ messageId: '<x/>' })))).toMatchObject(sent);
    expect(await failureOf(host.requestJobStateChange('J\u0000', 4, soon()))).toMatchObject({ code: 'plan.invalid', ...sent });
    const settings = { ...SETTINGS, primaryConnectionPoint: null };
    const noWay = { vmId: VM, settings, recoveryConnectionPoint: null, certificateThumbprint: null };
    expect(await failureOf(host.reverseReplicationRelationship(noWay, soon()))).toMatchObject({ code: 'state.unexpected', ...sent });
    expect(server.requests.filter((request) => !subject(request).startsWith('Enumerate'))).toHaveLength(0);
  });
});
