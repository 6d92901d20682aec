import { z } from 'zod';
import { planSchema } from './plan-schema.ts';

/**
 * The JSON Schema (draft 7, what YAML editors know) of a plan file. Editors complete and check keys, values and the form of
 * durations with it; bounds of durations and rules that span several places are left to `failback plan lint`.
 */
export function planJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7' });
}
