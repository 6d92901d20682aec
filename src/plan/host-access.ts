import { z } from 'zod';

/** How an account may log on, by how the host is reached; the first one is meant when the plan names none. */
export const AUTHS = {
  wsman: ['negotiate', 'kerberos', 'ntlm', 'basic', 'certificate'],
  powershell: ['negotiate', 'kerberos', 'basic'],
} as const;

/** Sessions PowerShell keeps open to a host when the plan says nothing. */
export const DEFAULT_SESSIONS = 2;

/** Reference to a secret: `env:NAME` or `file:PATH` (absolute); see `resolveSecret`. */
const reference = z.string();
/** Absolute path. */
const path = z.string();

const account = z.strictObject({ username: z.string(), password: reference });
/** Client keys of a Kerberos principal. */
const keytab = z.strictObject({ username: z.string(), keytab: path });
/** Tickets that are there already. `cache` is a name as Kerberos knows it, e.g. `FILE:/run/tickets`; null: the default of the process. */
const cache = z.strictObject({ cache: z.string().nullable(), username: z.string().nullable() });
/** PEM files; the key's passphrase is null when it has none. */
const certificate = z.strictObject({ certificate: path, key: path, passphrase: reference.nullable() });

const wsman = {
  transport: z.literal('wsman'),
  tls: z.strictObject({
    /** PEM file with the certificate authorities to trust instead of the system's; null: the system's. */
    caFile: path.nullable(),
    /** SHA-256 of the host's certificate, 64 upper-case hex digits; null: no pin. */
    fingerprint: z.string().nullable(),
  }),
};

/**
 * How a host is reached and logged on to: part of a plan, and kept with a run as it is. Holds no secret. Runs of versions that knew only
 * Basic read as the first form.
 */
export const hostAccess = z.union([
  z.strictObject({
    ...wsman,
    auth: z.literal('basic'),
    credentials: account,
    /** True allows `http:` addresses: credentials and orders then travel in clear text. */
    allowUnencrypted: z.boolean(),
  }),
  z.strictObject({ ...wsman, auth: z.literal('ntlm'), credentials: account }),
  z.strictObject({
    ...wsman,
    auth: z.enum(['negotiate', 'kerberos']),
    credentials: z.union([account, keytab, cache]),
    /** Service principal name the host is asked by; null: `HTTP/` and the host of the address. */
    spn: z.string().nullable(),
  }),
  z.strictObject({ ...wsman, auth: z.literal('certificate'), credentials: certificate }),
  z.strictObject({
    transport: z.literal('powershell'),
    auth: z.enum(AUTHS.powershell),
    /** Null: the account the worker runs as. */
    credentials: account.nullable(),
    /** A program on the PATH or an absolute path; null: `powershell` on Windows, else `pwsh`. */
    executable: z.string().nullable(),
    /** Session configuration of the host that is asked (JEA); null: its CIM is. Runs from before there was one have none. */
    configurationName: z.string().nullable().default(null),
    /** Sessions kept open, 1 to 8. */
    sessions: z.number(),
  }),
]);
export type HostAccess = z.infer<typeof hostAccess>;
