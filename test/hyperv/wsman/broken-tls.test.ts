import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import { serveHost } from '../../../src/simulator/wire/server.ts';
import { createSimulation } from '../../../src/simulator/world/simulation.ts';
import { certify, type PemPair } from '../../support/certificates.ts';
import { failureOf, hostAt, PASSWORD, soon, VM } from './hosts.ts';
import { envelope, http, type Script, scriptedServer } from './scripted-server.ts';

/** What happens to bytes on their way; null: nothing goes on, and nobody is told. */
type Tamper = (bytes: Buffer) => Buffer | null;

/** TCP between a client and a port, which may be tampered with. */
interface Relay {
  readonly port: number;
  /** Whether a client gets to know that the host has closed the connection; it never does after silence has begun. */
  tellsEnds: boolean;
  toHost: Tamper;
  toClient: Tamper;
}

const untouched: Tamper = (bytes) => bytes;

async function relayTo(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const host = connect({ port: target, host: '127.0.0.1' });
    const hand = (from: Socket, to: Socket, tamper: () => Tamper): void => {
      let isSilent = false;
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => {
        const left = isSilent ? null : tamper()(bytes);
        isSilent ||= left === null || left.length < bytes.length;
        if (left !== null) to.write(left);
      });
      from.on('close', () => isSilent || !relay.tellsEnds || to.destroy());
    };
    hand(client, host, () => relay.toHost);
    hand(host, client, () => relay.toClient);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const relay: Relay = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    tellsEnds: true,
    toHost: untouched,
    toClient: untouched,
  };
  return relay;
}

const DONE = http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'));
const HALF = DONE.slice(0, DONE.length / 2);
const NTLM: LogOn = { scheme: 'ntlm', credentials: async () => ({ username: 'hvadmin', password: PASSWORD }) };
/** Milliseconds that are enough on a machine with much to do, and that a test can wait. */
const DEADLINE_MS = 1_000;

const damaged: Tamper = (bytes) => {
  const other = Buffer.from(bytes);
  other.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return other;
};
const halved: Tamper = (bytes) => bytes.subarray(0, bytes.length / 2);

describe('a host whose TLS', () => {
  let certificate: PemPair;
  let caFile = '';
  beforeAll(async () => {
    const authority = await certify({ name: 'Root', issuer: null, authority: true });
    certificate = await certify({ name: 'hv', issuer: authority, altNames: [{ type: 7, ip: '127.0.0.1' }] });
    caFile = join(mkdtempSync(join(inject('runDirectory'), 'ca-')), 'ca.pem');
    writeFileSync(caFile, authority.cert);
  });

  function hostBehind(port: number, logOn?: LogOn): HyperVHost {
    const host = hostAt(`https://127.0.0.1:${port}`, { tls: { caFiles: [caFile] }, ...(logOn === undefined ? {} : { logOn }) });
    onTestFinished(() => host.close());
    return host;
  }
  async function scripted(script: Script): Promise<{ readonly port: number; readonly indexes: () => readonly number[] }> {
    const server = await scriptedServer(script, certificate);
    onTestFinished(() => server.close());
    return { port: server.port, indexes: () => server.requests.map(({ indexOnConnection }) => indexOnConnection) };
  }
  /** A simulated host behind a relay, and somebody who is logged on to it. */
  async function loggedOn(): Promise<{ readonly relay: Relay; readonly host: HyperVHost }> {
    const simulation = createSimulation({ hosts: 1, vms: 1, seed: 1, password: PASSWORD });
    const [simulated] = simulation.hosts;
    if (simulated === undefined) throw new Error('there is no simulated host');
    const served = await serveHost(simulated, { port: 0, tls: certificate, auth: ['negotiate'], cbtHardeningLevel: 'Strict' });
    onTestFinished(async () => {
      await served.close();
      simulation.close();
    });
    const relay = await relayTo(served.port);
    const host = hostBehind(relay.port, NTLM);
    await host.identify();
    return { relay, host };
  }
  const change = (host: HyperVHost, timeoutMs = 10_000) => failureOf(host.requestStateChange(VM, 2, soon({ timeoutMs })));

  it.each([
    ['before its answer', '', 'without an answer'],
    ['in the middle of its answer', HALF, 'in the middle of its answer'],
  ])('ends (close_notify) %s has perhaps made the change', async (_, answer, words) => {
    const { port } = await scripted(({ socket }) => void socket.end(answer));
    const failure = await change(hostBehind(port));
    expect(failure).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
    expect(failure.message).toContain(words);
  });

  it('ends (close_notify) while its connection stays open is not waited for', async () => {
    const { port } = await scripted(({ socket }) => void socket.end(HALF));
    const relay = await relayTo(port);
    relay.tellsEnds = false;
    expect(await change(hostBehind(relay.port))).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
  });

  it('ends on a connection that was kept is asked again, by a look', async () => {
    const { port, indexes } = await scripted(({ socket, index }) => void (index === 1 ? socket.end() : socket.write(DONE)));
    const host = hostBehind(port);
    await host.requestStateChange(VM, 2, soon());
    await failureOf(host.identify());
    expect(indexes()).toEqual([0, 1, 0]);
  });

  it('goes down with an alert after the log-on has perhaps made the change', async () => {
    const { relay, host } = await loggedOn();
    relay.toHost = damaged;
    const failure = await change(host);
    expect(failure).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
    expect(failure.details?.errno).toMatch(/ALERT_BAD_RECORD_MAC/);
    relay.toHost = untouched;
    expect(await host.identify()).toMatchObject({ logOn: { mechanism: 'NTLM' } });
  });

  it('brings a record that was changed on its way is not believed', async () => {
    const { relay, host } = await loggedOn();
    relay.toClient = damaged;
    expect(await change(host)).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
  });

  it('brings half a record, then nothing: a change is in doubt at its deadline, a look may be made again', async () => {
    const { relay, host } = await loggedOn();
    relay.toClient = halved;
    expect(await change(host, DEADLINE_MS)).toMatchObject({ code: 'host.timeout', class: 'reconcile', details: { sent: true } });
    relay.toClient = untouched;
    await host.identify();
    relay.toClient = halved;
    const look = await failureOf(host.identify({ timeoutMs: DEADLINE_MS }));
    expect(look).toMatchObject({ code: 'host.timeout', class: 'retryable', details: { sent: true } });
  });

  it('brings half a record while it is set up: nothing has left at the deadline', async () => {
    const { port, indexes } = await scripted(({ socket }) => void socket.write(DONE));
    const relay = await relayTo(port);
    relay.toClient = halved;
    expect(await change(hostBehind(relay.port), DEADLINE_MS)).toMatchObject({ class: 'retryable', details: { sent: false } });
    expect(indexes()).toEqual([]);
  });
});
