import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { ADDRESS_FORM, parseAddress } from './host-address.ts';
import { compileGlob, MAX_GLOB_LENGTH } from './name-glob.ts';
import { DEFAULT_IN_FLIGHT, PLAN_DEFAULTS } from './plan.ts';
import { parseSecretReference } from './secret-reference.ts';

// Every `error` below says what would be valid; the sentence around it is made where findings are made.

const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

function freeText(what: string, max: number) {
  const valid = `${what}: text of 1 to ${max} characters without control characters`;
  return z.string({ error: valid }).superRefine((value, context) => {
    if (value.length >= 1 && value.length <= max && !UNPRINTABLE.test(value)) return;
    const message = value === '' ? `${what} is empty` : value.length > max ? `${what} is too long` : `${what} holds control characters`;
    context.addIssue({ code: 'custom', message, params: { valid } });
  });
}

/** Text that must pass `check`, which returns what is wrong or null. */
function checkedText(valid: string, check: (value: string) => string | null) {
  return z.string({ error: valid }).superRefine((value, context) => {
    const message = check(value);
    if (message !== null) context.addIssue({ code: 'custom', message, params: { valid } });
  });
}

function duration(min: string, max: string, byDefault: number) {
  const valid = `a duration from ${min} to ${max}, such as ${formatDuration(byDefault)} (units: d, h, m, s, ms)`;
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
  return checkedText(valid, (value) => {
    const ms = parseDuration(value);
    if (ms === null) return `${JSON.stringify(value)} is not a duration`;
    return ms < least ? `${value} is too short` : ms > most ? `${value} is too long` : null;
  }).meta({ pattern: DURATION_PATTERN, default: formatDuration(byDefault), description: `From ${min} to ${max}.` });
}

function wholeNumber(min: number, max: number, byDefault: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error }).meta({ default: byDefault });
}

const flag = (byDefault: boolean) => z.boolean({ error: 'true or false' }).meta({ default: byDefault });

function glob() {
  return freeText('a glob', MAX_GLOB_LENGTH).superRefine((value, context) => {
    try {
      compileGlob(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });
}

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
const tls = z.strictObject(
  {
    ca: freeText('the path of a PEM file', 4096).optional().meta({ description: 'PEM file, relative to the plan file.' }),
    fingerprint: checkedText('the SHA-256 fingerprint of the certificate: 64 hex digits, with or without colons', (value) =>
      HEX_PAIRS.test(value) ? null : 'this is not a SHA-256 fingerprint (the thumbprint Windows shows is SHA-1)',
    ).optional(),
  },
  { error: 'a mapping with ca, fingerprint or both' },
);

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
    limits: z
      .strictObject({ inFlight: wholeNumber(1, 1000, DEFAULT_IN_FLIGHT.host).optional() }, { error: 'a mapping with inFlight' })
      .optional(),
  },
  { error: 'a mapping with address and credentials' },
);

const { retry: r, timeouts: t } = PLAN_DEFAULTS;
const share = 'a number from 0 to 1';
const retry = z.strictObject(
  {
    attempts: wholeNumber(1, 100, r.attempts).optional(),
    backoff: z.enum(['exponential', 'fixed'], { error: 'exponential or fixed' }).optional().meta({ default: r.backoff }),
    delay: duration('100ms', '1h', r.delay).optional(),
    max: duration('100ms', '24h', r.max).optional(),
    jitter: z.number({ error: share }).min(0, { error: share }).max(1, { error: share }).optional().meta({ default: r.jitter }),
  },
  { error: 'a mapping with attempts, backoff, delay, max and jitter' },
);

const timeouts = z.strictObject(
  {
    call: duration('1s', '10m', t.call).optional(),
    job: duration('1m', '30d', t.job).optional(),
    step: duration('1m', '30d', t.step).optional(),
    doubt: duration('1s', '10m', t.doubt).optional(),
    settle: duration('1s', '1h', t.settle).optional(),
  },
  { error: 'a mapping with call, job, step, doubt and settle' },
);

const afterPolicies = 'none, commit or commit+reverse';
const after = z.strictObject(
  { provider: z.enum(['none', 'commit', 'commit+reverse'], { error: afterPolicies }).optional().meta({ default: PLAN_DEFAULTS.after }) },
  { error: 'a mapping with provider' },
);

/** 12, 13 and 14 are left out: a failover runs, a failback runs, a failback is complete. */
const startState = 'a WMI replication state a failback may start from: 1 to 11 or 15 to 21';
const startStates = z
  .array(
    z.number({ error: startState }).superRefine((state, context) => {
      if (Number.isInteger(state) && state >= 1 && state <= 21 && (state < 12 || state > 14)) return;
      context.addIssue({ code: 'custom', message: `a failback cannot start from state ${state}`, params: { valid: startState } });
    }),
    { error: 'a list of WMI replication states such as [6, 5]' },
  )
  .min(1, { error: 'at least one state' })
  .meta({ default: [...PLAN_DEFAULTS.startStates] });

const strategy = z.enum(['auto', 'provider'], { error: 'auto or provider' });
const recoveryPoint = freeText('a recovery point', 1024).meta({ description: "`latest`, or the provider's name of a point." });

const defaults = z.strictObject(
  {
    strategy: strategy.optional().meta({ default: PLAN_DEFAULTS.strategy }),
    recoveryPoint: recoveryPoint.optional(),
    retry: retry.optional(),
    timeouts: timeouts.optional(),
    after: after.optional(),
    startStates: startStates.optional(),
    start: flag(PLAN_DEFAULTS.start).optional().meta({ description: 'Start the machine after state 14.' }),
    verify: z
      .strictObject({ stable: duration('0s', '1h', PLAN_DEFAULTS.stable).optional() }, { error: 'a mapping with stable' })
      .optional(),
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
  'hosts.*.limits': ['inFlight'],
  limits: ['inFlight'],
  defaults: Object.keys(defaults.shape),
  'defaults.retry': Object.keys(retry.shape),
  'defaults.timeouts': Object.keys(timeouts.shape),
  'defaults.after': Object.keys(after.shape),
  'defaults.verify': ['stable'],
  'members.*': Object.keys(namedMember.shape),
  'members.*.match': Object.keys(matchedMember.shape),
  'members.*.retry': Object.keys(retry.shape),
  'members.*.timeouts': Object.keys(timeouts.shape),
  'members.*.after': Object.keys(after.shape),
};
