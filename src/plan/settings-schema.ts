import { z } from 'zod';
import { PLAN_DEFAULTS } from './plan.ts';
import { probe } from './probe-schema.ts';
import { byteSize, checkedText, duration, flag, freeText, wholeNumber } from './schema-values.ts';

const { retry: r, timeouts: t, reverse: back, probing } = PLAN_DEFAULTS;

const share = 'a number from 0 to 1';
export const retry = z.strictObject(
  {
    attempts: wholeNumber(1, 100, r.attempts).optional(),
    backoff: z.enum(['exponential', 'fixed'], { error: 'exponential or fixed' }).optional().meta({ default: r.backoff }),
    delay: duration('100ms', '1h', r.delay).optional(),
    max: duration('100ms', '24h', r.max).optional(),
    jitter: z.number({ error: share }).min(0, { error: share }).max(1, { error: share }).optional().meta({ default: r.jitter }),
  },
  { error: 'a mapping with attempts, backoff, delay, max and jitter' },
);

export const timeouts = z.strictObject(
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
const commitPolicies = 'none, commit or rollback';
export const after = z.strictObject(
  {
    provider: z
      .enum(['none', 'commit', 'commit+reverse'], { error: afterPolicies })
      .optional()
      .meta({ default: PLAN_DEFAULTS.after, description: 'What follows replication state 14.' }),
    reverse: z.enum(['none', 'commit', 'rollback'], { error: commitPolicies }).optional().meta({
      default: back.commit,
      description:
        'How a failover home becomes final: a person approves, it does once verified, or it is taken back if it does not verify.',
    }),
  },
  { error: 'a mapping with provider and reverse' },
);

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const pointInTime = checkedText('now, or a point in time with its zone, such as 2026-03-01T22:00:00+01:00', (value) =>
  value === 'now' || (ISO_TIME.test(value) && !Number.isNaN(Date.parse(value))) ? null : 'this is not a point in time',
);

export const sync = z.strictObject(
  { pending: byteSize('64TiB', back.sync.pendingBytes).optional(), latency: duration('1s', '1d', back.sync.latency).optional() },
  { error: 'a mapping with pending and latency' },
);
export const shutdown = z.strictObject(
  {
    within: duration('1s', '1d', back.shutdown.within).optional(),
    turnOff: flag(back.shutdown.turnOff).optional().meta({ description: 'Cut the power of a guest that did not shut down in time.' }),
  },
  { error: 'a mapping with within and turnOff' },
);
export const reverse = z.strictObject(
  {
    firstCopy: z
      .enum(['seeded', 'network'], { error: 'seeded or network' })
      .optional()
      .meta({ default: back.firstCopy, description: 'Send what differs from the disks that are at home, or everything.' }),
    copyAt: pointInTime.optional().meta({ default: 'now', description: 'When a first copy or a resynchronisation may begin.' }),
    sync: sync.optional().meta({ description: 'A machine is only shut down while no more than this is still to be sent.' }),
    shutdown: shutdown.optional(),
    hold: duration('0s', '7d', back.hold)
      .optional()
      .meta({ description: 'How long a verified machine runs before its failover is final.' }),
    unseen: duration('10s', '1d', back.unseen)
      .optional()
      .meta({ description: 'How long a host may be out of sight before a person is asked.' }),
    giveUpExtended: flag(back.giveUpExtended)
      .optional()
      .meta({ description: 'Reversing ends the replication to a third host; without this such a machine is refused.' }),
  },
  { error: 'a mapping with firstCopy, copyAt, sync, shutdown, hold, unseen and giveUpExtended' },
);

export const probes = z
  .array(probe, { error: 'a list of probes: heartbeat, tcp, http, script' })
  .max(20, { error: 'at most 20 probes' })
  .meta({ description: 'All of them must pass in one go.' });
export const verify = z.strictObject(
  {
    stable: duration('0s', '1h', PLAN_DEFAULTS.stable).optional(),
    within: duration('1s', '7d', probing.within).optional().meta({ description: 'How long the probes may fail.' }),
    every: duration('100ms', '1h', probing.every).optional(),
    probes: probes.optional(),
  },
  { error: 'a mapping with stable, within, every and probes' },
);

/** 12, 13 and 14 are left out: a failover runs, a failback runs, a failback is complete. */
const startState = 'a WMI replication state a failback may start from: 1 to 11 or 15 to 21';
export const startStates = z
  .array(
    z.number({ error: startState }).superRefine((state, context) => {
      if (Number.isInteger(state) && state >= 1 && state <= 21 && (state < 12 || state > 14)) return;
      context.addIssue({ code: 'custom', message: `a failback cannot start from state ${state}`, params: { valid: startState } });
    }),
    { error: 'a list of WMI replication states such as [6, 5]' },
  )
  .min(1, { error: 'at least one state' })
  .meta({ default: [...PLAN_DEFAULTS.startStates] });

export const strategy = z.enum(['auto', 'provider', 'reverse'], { error: 'auto, provider or reverse' });
export const recoveryPoint = freeText('a recovery point', 1024).meta({ description: "`latest`, or the provider's name of a point." });
export const rto = duration('1s', '30d', null, '30m').meta({
  description: 'How long the machine may be down on its way home, for the report.',
});

export type RetryInput = z.infer<typeof retry>;
export type TimeoutsInput = z.infer<typeof timeouts>;
export type ReverseInput = z.infer<typeof reverse>;
export type VerifyInput = z.infer<typeof verify>;
