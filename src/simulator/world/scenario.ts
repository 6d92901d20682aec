import { z } from 'zod';
import { faultRuleSchema, worldEventSchema } from './fault.ts';
import { hostQuirksSchema, vmQuirksSchema } from './quirks.ts';
import { STAGE_NAMES } from './stage.ts';

const range = z.union([z.number().positive(), z.tuple([z.number().positive(), z.number().positive()])]);
const guid = z.string().regex(/^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/, 'must be a GUID');

const hostEntrySchema = z.strictObject({
  /** NetBIOS name. */
  name: z.string().min(1).max(15),
  /** `dr`: holds the machines to bring home; `home`: the other side of host-to-host pairs. */
  role: z.enum(['dr', 'home']).default('dr'),
  /** Name of its site; default the role. */
  site: z.string().min(1).optional(),
  /** The cluster it is a node of; its machines replicate by the name of the cluster's Replica Broker. */
  cluster: z.string().min(1).optional(),
  quirks: hostQuirksSchema.optional(),
});

const stage = z.enum(STAGE_NAMES as [(typeof STAGE_NAMES)[number], ...(typeof STAGE_NAMES)[number][]]);

/** A group of machines that are alike. */
const vmEntrySchema = z.strictObject({
  /** How many; default 1, or as many as there are names. */
  count: z.number().int().min(1).optional(),
  /** Names; more machines than names get names of their own. */
  names: z.array(z.string().min(1)).optional(),
  /** Names are `<prefix>-001` and so on. */
  prefix: z.string().min(1).optional(),
  /** Host the machines are on; default: the DR hosts in turn. */
  host: z.string().optional(),
  /** Host with the other side: makes host-to-host pairs. `*`: the home hosts in turn. */
  partner: z.string().optional(),
  /**
   * How the pair stands at the start, on both sides; several are taken in turn. Makes pairs: default partner `*`. Wins over `mode`, `state`,
   * `health` and `power`.
   */
  stage: z.union([stage, z.array(stage).min(1)]).optional(),
  /** Host with the replica of a machine in stage `extended`; default: there is only the relationship to it. */
  third: z.string().optional(),
  /** `external`, `in-box`, or the GUID of a provider; default external, with a partner in-box. */
  provider: z.union([z.enum(['external', 'in-box']), guid]).optional(),
  /** Total size of the disks in GB: a number, or a range to draw from. */
  sizeGB: range.optional(),
  disks: z.number().int().min(1).max(64).optional(),
  memoryMB: z.number().int().min(32).optional(),
  processors: z.number().int().min(1).max(240).optional(),
  /** ReplicationMode; default 2 (replica). 0 = not replicated. */
  mode: z.number().int().min(0).max(4).optional(),
  /** ReplicationState; default 6, every tenth machine 5. */
  state: z.number().int().min(0).optional(),
  /** ReplicationHealth; default 2. */
  health: z.number().int().min(0).max(3).optional(),
  /** EnabledState; default 3 (off), of a pair 2 (running). */
  power: z.number().int().min(0).optional(),
  /** Recovery points the replica keeps; default 3. */
  recoveryPoints: z.number().int().min(0).max(25).optional(),
  /** The machine is replicated to a third site, too. */
  extended: z.boolean().optional(),
  quirks: vmQuirksSchema.optional(),
  /** Of the copy on the partner host alone, added to `quirks`. */
  partnerQuirks: vmQuirksSchema.optional(),
});
export type VmEntry = z.infer<typeof vmEntrySchema>;

/** A scenario file: what the simulated world consists of and what goes wrong in it. Times are host seconds after the start. */
export const scenarioSchema = z.strictObject({
  version: z.literal(1).default(1),
  /** Default: as many as the simulator was asked for. */
  hosts: z.array(hostEntrySchema).min(1).optional(),
  /** Names of Replica Brokers; default `<cluster>-broker`. */
  clusters: z.array(z.strictObject({ name: z.string().min(1), broker: z.string().min(1) })).optional(),
  /** Default: as many as the simulator was asked for. */
  vms: z.array(vmEntrySchema).optional(),
  /** For every machine and host that does not say otherwise. */
  quirks: z.strictObject({ vms: vmQuirksSchema.optional(), hosts: hostQuirksSchema.optional() }).optional(),
  faults: z.array(faultRuleSchema).optional(),
  events: z.array(worldEventSchema).optional(),
  /** Some machines get names with quotes, `<&>`, backslashes, emoji and spaces. */
  awkwardNames: z.boolean().optional(),
});
export type Scenario = z.infer<typeof scenarioSchema>;
/** A scenario as it is written, before defaults are filled in. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
