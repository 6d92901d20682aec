import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { HostCertificate, HostTls } from '../host-facts.ts';

/** How a connection that is open is protected. */
export function tlsFacts(socket: TLSSocket): HostTls {
  const { name, standardName } = socket.getCipher();
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: standardName || name,
    certificate: certificateFacts(socket.getPeerCertificate()),
  };
}

function certificateFacts({ subject, issuer, subjectaltname, valid_from, valid_to, fingerprint256 }: PeerCertificate): HostCertificate {
  return {
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    names: namesIn(subjectaltname ?? ''),
    validFrom: Date.parse(valid_from),
    validUntil: Date.parse(valid_to),
    fingerprint: fingerprint256,
  };
}

/** "CN=hv-dr-01.contoso.example, O=Contoso" */
function distinguishedName(parts: object): string {
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('+') : value}`)
    .join(', ');
}

/** Node writes "DNS:a.example, IP Address:10.0.0.7"; what is neither name nor address is of no use here. */
function namesIn(alternatives: string): readonly string[] {
  return [...alternatives.matchAll(/(?:^|, )(?:DNS|IP Address):([^,]+)/g)].flatMap(([, name]) => name ?? []);
}
