import { z } from 'zod';
import { AUTHS, DEFAULT_SESSIONS } from './host-access.ts';
import { ADDRESS_FORM, parseAddress } from './host-address.ts';
import { DEFAULT_IN_FLIGHT, DEFAULT_TRANSFERS } from './plan.ts';
import { checkedText, flag, freeText, UNPRINTABLE, wholeNumber } from './schema-values.ts';
import { parseSecretReference } from './secret-reference.ts';

export const hostName = checkedText(
  'letters, digits, dots, dashes and underscores, at most 63, starting with a letter or digit',
  (value) => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value) ? null : 'this name of a host cannot be used'),
);

const secret = checkedText('env:NAME or file:PATH', (value) =>
  parseSecretReference(value) ? null : 'credentials are references: env:NAME or file:PATH',
).meta({ pattern: '^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$' });
const file = (what: string, description: string) => freeText(`the path of ${what}`, 4096).optional().meta({ description });

/** Which of these go together depends on `auth`: see `checkAccess`. */
export const credentials = z
  .strictObject(
    {
      username: checkedText('an account, such as CONTOSO\\svc-failback or svc-failback@contoso.example', (value) =>
        value === '' || value.length > 256 || UNPRINTABLE.test(value) ? 'this is not an account name' : null,
      ).optional(),
      password: secret.optional(),
      keytab: file('a keytab', 'Client keys of the account, for Kerberos; relative to the plan file.'),
      cache: freeText('the name of a credential cache', 4096).optional().meta({
        description:
          'Kerberos tickets that are there already: default, a file relative to the plan file, or a name such as KEYRING:persistent:0.',
      }),
      certificate: file('a PEM file', "The client's certificate and, after it, those of its authorities; relative to the plan file."),
      key: file('a PEM file', "The private key of the client's certificate; relative to the plan file."),
      passphrase: secret.optional().meta({ description: 'Of the private key, where it has one.' }),
    },
    { error: 'a mapping' },
  )
  .meta({
    description:
      'Who logs on. Never a password itself. { username, password } for negotiate, kerberos, ntlm and basic; { username, keytab } or { cache, username } for negotiate and kerberos; { certificate, key, passphrase } for certificate.',
    anyOf: [
      { required: ['username', 'password'] },
      { required: ['username', 'keytab'] },
      { required: ['cache'] },
      { required: ['certificate', 'key'] },
    ],
  });

const HEX_PAIRS = /^(sha256:)?[0-9a-f]{2}(:?[0-9a-f]{2}){31}$/i;
const THUMBPRINT = /^[0-9a-f]{2}([: ]?[0-9a-f]{2}){19}$/i;
export const tls = z.strictObject(
  {
    ca: freeText('the path of a PEM file', 4096).optional().meta({ description: 'PEM file, relative to the plan file.' }),
    fingerprint: checkedText('the SHA-256 fingerprint of the certificate: 64 hex digits, with or without colons', (value) =>
      HEX_PAIRS.test(value) ? null : 'this is not a SHA-256 fingerprint (the thumbprint Windows shows is SHA-1)',
    ).optional(),
  },
  { error: 'a mapping with ca, fingerprint or both' },
);

export const powershell = z.strictObject(
  {
    executable: freeText('a PowerShell', 4096)
      .optional()
      .meta({ description: 'pwsh, powershell, or a path relative to the plan file. Default: powershell on Windows, else pwsh.' }),
    configurationName: checkedText('the name of a session configuration: letters, digits, dots, dashes and underscores', (value) =>
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(value) ? null : 'this is not the name of a session configuration',
    )
      .optional()
      .meta({
        description: "A session configuration of the host with failback's module (JEA), which is asked instead of the host's CIM.",
      }),
    sessions: wholeNumber(1, 8, DEFAULT_SESSIONS).optional().meta({ description: 'Sessions kept open to the host.' }),
  },
  { error: 'a mapping with executable, configurationName and sessions' },
);

const SPN = /^[A-Za-z][A-Za-z0-9-]*\/[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?(@[A-Za-z0-9._-]+)?$/;

export const site = freeText('the name of a site', 63);

export const host = z.strictObject(
  {
    address: checkedText(ADDRESS_FORM, (value) => {
      const parsed = parseAddress(value);
      return 'problem' in parsed ? parsed.problem : null;
    }),
    transport: z
      .enum(['wsman', 'powershell'], { error: 'wsman or powershell' })
      .optional()
      .meta({ default: 'wsman', description: 'WS-Management spoken by failback itself, or the CIM cmdlets of a PowerShell.' }),
    auth: z.enum(AUTHS.wsman, { error: 'negotiate, kerberos, ntlm, basic or certificate' }).optional().meta({
      default: AUTHS.wsman[0],
      description:
        'How the account logs on; negotiate takes Kerberos where it can and NTLM elsewhere. A host out of the box refuses basic.',
    }),
    credentials: credentials.optional(),
    spn: checkedText('a service principal name, such as HTTP/hv-dr-01.contoso.example or WSMAN/hv-dr-01.contoso.example', (value) =>
      value.length <= 512 && SPN.test(value) ? null : 'this is not a service principal name',
    )
      .optional()
      .meta({ description: 'By which the host is asked for at the domain. Default: HTTP/ and the host of the address.' }),
    tls: tls.optional(),
    allowUnencrypted: flag(false).optional().meta({
      description:
        'Plain http with Basic authentication, for labs only: passwords and orders then travel in clear text. Not needed for negotiate, kerberos and ntlm, which seal their messages.',
    }),
    powershell: powershell.optional(),
    site: site.optional().meta({ description: 'Where the host stands.' }),
    cluster: freeText('the name of a cluster', 63).optional().meta({ description: 'Hosts with the same name are nodes of one cluster.' }),
    broker: freeText('the name of a Replica Broker', 255)
      .optional()
      .meta({ description: "Name of the cluster's Replica Broker, by which other hosts replicate to it." }),
    replicaCertificate: checkedText('the SHA-1 thumbprint of a certificate: 40 hex digits', (value) =>
      THUMBPRINT.test(value) ? null : 'this is not the thumbprint Windows shows of a certificate (SHA-1, 40 hex digits)',
    )
      .optional()
      .meta({ description: 'The certificate this host replicates with, where replication is authenticated by certificates.' }),
    limits: z
      .strictObject(
        {
          inFlight: wholeNumber(1, 1000, DEFAULT_IN_FLIGHT.host).optional(),
          transfers: wholeNumber(1, 1000, DEFAULT_TRANSFERS)
            .optional()
            .meta({ description: 'First copies and resynchronisations to or from the host at a time.' }),
        },
        { error: 'a mapping with inFlight and transfers' },
      )
      .optional(),
  },
  { error: 'a mapping with address and credentials' },
);
export type HostInput = z.infer<typeof host>;
