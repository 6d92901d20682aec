import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { planJsonSchema } from '../../src/plan/plan-json-schema.ts';

const FILE = 'docs/plan.schema.json';

test('docs/plan.schema.json, for editors, is what the plan schema says (UPDATE_DOCS=1 rewrites it)', () => {
  const text = `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});
