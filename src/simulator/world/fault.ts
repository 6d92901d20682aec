import { z } from 'zod';

const percent = z.number().min(0).max(100);

/** What a scripted fault does. Parts may be combined. */
const faultActionSchema = z
  .strictObject({
    /** The method answers this and does nothing. */
    returnValue: z.number().int().optional(),
    /** The operation fails: the job ends as an exception. */
    jobException: z
      .strictObject({
        atPercent: percent.default(50),
        errorCode: z.number().int().default(32768),
        description: z.string().default('The operation failed.'),
        /** Written into the description, as Hyper-V does, e.g. `0x00002EE2`. */
        hresult: z
          .string()
          .regex(/^0x[0-9A-Fa-f]{8}$/)
          .optional(),
      })
      .optional(),
    /** The job object disappears here; the work goes on. */
    jobVanishesAtPercent: percent.optional(),
    /** No progress from here on; without `seconds` for ever. Host seconds. */
    stuck: z.strictObject({ atPercent: percent.default(50), seconds: z.number().positive().optional() }).optional(),
    /** The machine moves to the next node of its cluster here. */
    moveAtPercent: percent.optional(),
    /** The replication state at the end, instead of the right one. */
    endState: z.number().int().optional(),
    /** Real milliseconds before the request is carried out, and between effect and answer. */
    delayBeforeMs: z.number().min(0).optional(),
    delayAfterMs: z.number().min(0).optional(),
    /** The connection is cut: before the effect, or after it. */
    drop: z.enum(['before', 'after']).optional(),
    /** 401 although the credentials are right; the connection's log-on is forgotten. */
    unauthorized: z.literal(true).optional(),
    /** A SOAP fault instead of an answer. */
    fault: z
      .strictObject({
        code: z.enum(['Sender', 'Receiver']).default('Receiver'),
        subcode: z.string().default('wsman:InternalError'),
        reason: z.string().default('The service cannot process the request.'),
        wsmanFaultCode: z.number().int().optional(),
      })
      .optional(),
  })
  .refine((action) => Object.keys(action).length > 0, 'must do something');
export type FaultAction = z.infer<typeof faultActionSchema>;

/** Which requests a fault hits, and what it does to them. */
export const faultRuleSchema = z.strictObject({
  /** Host name, `*` stands for anything; default all hosts. */
  host: z.string().optional(),
  /** Machine's name or GUID, `*` stands for anything; default any, and requests about no machine too. */
  vm: z.string().optional(),
  /** Method name, or the kind of another request: log-on, identify, get, enumerate, pull. Default: any method call. */
  method: z.string().optional(),
  /** Only enumerations, pulls and gets of this class. */
  class: z.string().optional(),
  /** Which matching requests are hit, counted for each machine (or host) from 1; default all. */
  nth: z.union([z.number().int().min(1), z.array(z.number().int().min(1))]).optional(),
  /** Only from/until so many host seconds after the start. */
  from: z.number().min(0).optional(),
  until: z.number().min(0).optional(),
  /** Hits only this share of the matching requests, by the seed. */
  probability: z.number().min(0).max(1).optional(),
  do: faultActionSchema,
});
export type FaultRule = z.infer<typeof faultRuleSchema>;

/** Host seconds after the start. */
const at = z.number().min(0);

/** Something that happens to a host by itself. */
const hostEventSchema = z.strictObject({
  /** Host name, `*` stands for anything. */
  host: z.string(),
  /** `reboot`: down, jobs lost, machines stop. `unreachable`: only the network. `service-restart`: jobs lost, never down. */
  what: z.enum(['reboot', 'unreachable', 'service-restart']),
  at,
  /** Host seconds; without effect on `service-restart`. */
  for: z.number().positive().default(60),
});
export type HostEvent = z.infer<typeof hostEventSchema>;

/** Something that happens to machines by itself. Of a pair the copy is meant that `host` has; default: both, where it applies. */
const machineEventSchema = z.strictObject({
  /** Name or GUID, `*` stands for anything. */
  vm: z.string(),
  /** Host name, `*` stands for anything; default any. */
  host: z.string().optional(),
  /**
   * `move`: to the node `to`, default the next one of its cluster. `backup`: something else holds the machine's lock. `log-overflow`: a
   * primary stops tracking its changes (9). `power-on`: somebody starts it, whatever its replication says.
   */
  what: z.enum(['move', 'backup', 'log-overflow', 'power-on']),
  at,
  /** Host seconds a `backup` takes. */
  for: z.number().positive().default(60),
  to: z.string().optional(),
});
export type MachineEvent = z.infer<typeof machineEventSchema>;

export const worldEventSchema = z.union([machineEventSchema, hostEventSchema]);
export type WorldEvent = z.infer<typeof worldEventSchema>;
