import { z } from 'zod';
import { ADDRESS_FORM, parseAddress } from './host-address.ts';
import { DEFAULT_IN_FLIGHT, DEFAULT_TRANSFERS, PLAN_DEFAULTS } from './plan.ts';
import { probe } from './probe-schema.ts';
import { checkedText, flag, freeText, glob, UNPRINTABLE, wholeNumber } from './schema-values.ts';
import { parseSecretReference } from './secret-reference.ts';
import {
  after,
  probes,
  recoveryPoint,
  retry,
  reverse,
  rto,
  shutdown,
  startStates,
  strategy,
  sync,
  timeouts,
  verify,
} from './settings-schema.ts';

const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const guid = checkedText('a GUID such as 6B2F0C7E-0000-4000-8000-00000000CAFE', (value) =>
  GUID.test(value) ? null : 'this is not a GUID',
);

const hostName = checkedText('letters, digits, dots, dashes and underscores, at most 63, starting with a letter or digit', (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value) ? null : 'this name of a host cannot be used',
);

const credentials = z
  .strictObject(
    {
      username: checkedText('an account, such as CONTOSO\\svc-failback', (value) =>
        value === '' || value.length > 256 || UNPRINTABLE.test(value)
          ? 'this is not an account name'
          : value.includes(':')
            ? 'an account name for Basic authentication holds no colon'
            : null,
      ),
      password: checkedText('env:NAME or file:PATH', (value) =>
        parseSecretReference(value) ? null : 'credentials are references: env:NAME or file:PATH',
      ).meta({ pattern: '^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$' }),
    },
    { error: 'a mapping with username and password' },
  )
  .meta({ description: 'Where the account and its password are. Never the password itself.' });

const HEX_PAIRS = /^(sha256:)?[0-9a-f]{2}(:?[0-9a-f]{2}){31}$/i;
const THUMBPRINT = /^[0-9a-f]{2}([: ]?[0-9a-f]{2}){19}$/i;
const tls = z.strictObject(
  {
    ca: freeText('the path of a PEM file', 4096).optional().meta({ description: 'PEM file, relative to the plan file.' }),
    fingerprint: checkedText('the SHA-256 fingerprint of the certificate: 64 hex digits, with or without colons', (value) =>
      HEX_PAIRS.test(value) ? null : 'this is not a SHA-256 fingerprint (the thumbprint Windows shows is SHA-1)',
    ).optional(),
  },
  { error: 'a mapping with ca, fingerprint or both' },
);

const site = freeText('the name of a site', 63);

const host = z.strictObject(
  {
    address: checkedText(ADDRESS_FORM, (value) => {
      const parsed = parseAddress(value);
      return 'problem' in parsed ? parsed.problem : null;
    }),
    transport: z.enum(['wsman'], { error: 'wsman' }).optional().meta({ default: 'wsman' }),
    credentials,
    auth: z.enum(['basic'], { error: 'basic' }).optional().meta({ default: 'basic' }),
    tls: tls.optional(),
    allowUnencrypted: flag(false).optional().meta({ description: 'Plain http with Basic authentication, for labs only.' }),
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

const defaults = z.strictObject(
  {
    strategy: strategy.optional().meta({ default: PLAN_DEFAULTS.strategy }),
    recoveryPoint: recoveryPoint.optional(),
    retry: retry.optional(),
    timeouts: timeouts.optional(),
    after: after.optional(),
    startStates: startStates.optional(),
    start: flag(PLAN_DEFAULTS.start)
      .optional()
      .meta({ description: 'Start the machine after state 14. Between two Hyper-V hosts it is always started: there, false is refused.' }),
    verify: verify.optional(),
    reverse: reverse.optional(),
    rto: rto.optional(),
  },
  { error: 'a mapping' },
);

/** The name of a virtual machine: free text, apart from control characters. */
export const vmName = freeText('the name of a machine', 255);
const namedMember = z.strictObject({
  vm: vmName,
  id: guid.optional(),
  on: hostName.optional(),
  strategy: strategy.optional(),
  recoveryPoint: recoveryPoint.optional(),
  retry: retry.optional(),
  timeouts: timeouts.optional(),
  after: after.optional(),
  start: flag(PLAN_DEFAULTS.start).optional(),
  verify: z.union([probes, verify], { error: 'a list of probes, or a mapping with stable, within, every and probes' }).optional(),
  reverse: reverse.optional(),
  rto: rto.optional(),
  critical: flag(PLAN_DEFAULTS.critical).optional(),
});
const matchedMember = z.strictObject({
  match: glob(),
  on: hostName.optional(),
  except: z.array(glob(), { error: 'a list of names or globs' }).optional(),
});

/** The shape of a plan file. Says nothing about rules that span several places, such as names of hosts that do not exist. */
export const planSchema = z
  .strictObject(
    {
      version: z.literal(1, { error: '1' }),
      name: freeText('the name of a plan', 100),
      home: site.optional().meta({ description: 'The site its machines shall run at; needed between two Hyper-V hosts.' }),
      hosts: z
        .record(hostName, host, { error: 'a mapping from names of hosts to their addresses' })
        .refine((hosts) => Object.keys(hosts).length > 0, { error: 'at least one host' }),
      defaults: defaults.optional(),
      limits: z
        .strictObject({ inFlight: wholeNumber(1, 100_000, DEFAULT_IN_FLIGHT.plan).optional() }, { error: 'a mapping with inFlight' })
        .optional(),
      members: z
        .array(z.union([vmName, namedMember, matchedMember]), { error: 'a list of names, { vm: NAME } and { match: GLOB }' })
        .min(1, { error: 'at least one member' }),
    },
    { error: 'a mapping' },
  )
  .meta({ title: 'failback plan, version 1' });

/** A plan file's content once its shape is known to be right. */
export type PlanInput = z.infer<typeof planSchema>;
export type HostInput = z.infer<typeof host>;
export type DefaultsInput = z.infer<typeof defaults>;
export type NamedMemberInput = z.infer<typeof namedMember>;

/** Keys by place; `*` stands for any host or member. */
export const KEYS_BY_PLACE: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(planSchema.shape),
  'hosts.*': Object.keys(host.shape),
  'hosts.*.credentials': Object.keys(credentials.shape),
  'hosts.*.tls': Object.keys(tls.shape),
  'hosts.*.limits': ['inFlight', 'transfers'],
  limits: ['inFlight'],
  defaults: Object.keys(defaults.shape),
  'defaults.retry': Object.keys(retry.shape),
  'defaults.timeouts': Object.keys(timeouts.shape),
  'defaults.after': Object.keys(after.shape),
  'defaults.verify': Object.keys(verify.shape),
  'defaults.verify.probes.*': Object.keys(probe.shape),
  'defaults.reverse': Object.keys(reverse.shape),
  'defaults.reverse.sync': Object.keys(sync.shape),
  'defaults.reverse.shutdown': Object.keys(shutdown.shape),
  'members.*': Object.keys(namedMember.shape),
  'members.*.match': Object.keys(matchedMember.shape),
  'members.*.retry': Object.keys(retry.shape),
  'members.*.timeouts': Object.keys(timeouts.shape),
  'members.*.after': Object.keys(after.shape),
  'members.*.verify': Object.keys(verify.shape),
  'members.*.verify.*': Object.keys(probe.shape),
  'members.*.verify.probes.*': Object.keys(probe.shape),
  'members.*.reverse': Object.keys(reverse.shape),
  'members.*.reverse.sync': Object.keys(sync.shape),
  'members.*.reverse.shutdown': Object.keys(shutdown.shape),
};
