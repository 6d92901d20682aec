import { z } from 'zod';
import { credentials, host, hostName, powershell, site, tls } from './host-schema.ts';
import { DEFAULT_IN_FLIGHT, PLAN_DEFAULTS } from './plan.ts';
import { probe } from './probe-schema.ts';
import { checkedText, flag, freeText, glob, wholeNumber } from './schema-values.ts';
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
export type DefaultsInput = z.infer<typeof defaults>;
export type NamedMemberInput = z.infer<typeof namedMember>;

/** Keys by place; `*` stands for any host or member. */
export const KEYS_BY_PLACE: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(planSchema.shape),
  'hosts.*': Object.keys(host.shape),
  'hosts.*.credentials': Object.keys(credentials.shape),
  'hosts.*.tls': Object.keys(tls.shape),
  'hosts.*.powershell': Object.keys(powershell.shape),
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
