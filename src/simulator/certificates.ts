import { generate } from 'selfsigned';

/** A certificate and its key, PEM. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>;

export interface CertificateSet {
  /** The authority's certificate, PEM: what a client has to trust. */
  readonly ca: string;
  /** By host name. */
  readonly hosts: ReadonlyMap<string, Certificate>;
  /** Made out to the account, for logging on. */
  readonly client: Certificate;
}

const VALID_MS = 90 * 86_400_000;

/**
 * Makes a certificate authority, a server certificate for each host, valid for three months from now and for the host's name, its name in
 * `example.net`, `localhost` and the addresses given, and a client certificate for `account`. Keys are elliptic-curve keys.
 */
export async function makeCertificates(
  hostNames: readonly string[],
  addresses: readonly string[],
  account = 'hvadmin',
): Promise<CertificateSet> {
  const validity = { notBeforeDate: new Date(Date.now() - 3_600_000), notAfterDate: new Date(Date.now() + VALID_MS) };
  const common = { keyType: 'ec' as const, curve: 'P-256' as const, algorithm: 'sha256', ...validity };
  const authority = await generate([{ name: 'commonName', value: 'failback simulator CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const issue = async (subject: string, ...extensions: Extensions): Promise<Certificate> => {
    const made = await generate([{ name: 'commonName', value: subject }], {
      ...common,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        ...extensions,
      ],
    });
    return { cert: made.cert, key: made.private };
  };
  const hosts = new Map<string, Certificate>();
  for (const name of hostNames) {
    const altNames = [
      ...[name, `${name}.example.net`, 'localhost'].map((value) => ({ type: 2 as const, value })),
      ...addresses.map((ip) => ({ type: 7 as const, ip })),
    ];
    hosts.set(name, await issue(name, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames }));
  }
  return { ca: authority.cert, hosts, client: await issue(account, { name: 'extKeyUsage', clientAuth: true }) };
}
