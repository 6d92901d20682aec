import { z } from 'zod';
import { EFFECTS, type EffectInput, type EffectOutput } from '../src/domain/effect.ts';

/** What every call takes from the machine that asked for it. */
export const effectInput: z.ZodType<EffectInput> = z.strictObject({
  effect: z.enum(EFFECTS),
  side: z.enum(['home', 'away']),
  host: z.string(),
  partner: z.string().nullable(),
  attempt: z.int().min(0),
  jobId: z.string().nullable(),
  fenced: z.boolean(),
});

/** What every call reports to the machine: WMI's `uint32` and the job it named. */
export const effectOutput: z.ZodType<EffectOutput> = z.strictObject({
  returnValue: z.int().min(0).max(0xffffffff),
  jobId: z.string().nullable(),
});
