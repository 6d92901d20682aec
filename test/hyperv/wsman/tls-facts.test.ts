import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { tlsFacts } from '../../../src/hyperv/wsman/tls-facts.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';

it('tells how a connection is protected, and what the certificate says', async () => {
  const simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, tls: true });
  onTestFinished(() => simulator.close());
  const { port } = new URL(simulator.hosts[0]?.url ?? '');
  const socket = connect({ port: Number(port), host: '127.0.0.1', ca: simulator.ca, maxVersion: 'TLSv1.2' });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  const { protocol, cipher, certificate } = tlsFacts(socket);
  expect([protocol, cipher]).toEqual(['TLSv1.2', expect.stringMatching(/^TLS_ECDHE_/)]);
  const known = new X509Certificate(socket.getPeerCertificate().raw);
  expect(certificate).toEqual({
    subject: known.subject.replaceAll('\n', ', '),
    issuer: known.issuer.replaceAll('\n', ', '),
    names: expect.arrayContaining(['hv-dr-01', '127.0.0.1']),
    validFrom: Date.parse(known.validFrom),
    validUntil: Date.parse(known.validTo),
    fingerprint: known.fingerprint256,
  });
});
