import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT, failback, folder, simulate, writePlan } from './command-line.ts';

const WRONG = `version: 1
name: wrong
hosts:
  hv: { address: 'https://hv.example.net', credentials: { username: svc, password: hunter2 } }
membres: [a]
`;

function wrongPlan(): string {
  const file = join(folder(), 'wrong.yaml');
  writeFileSync(file, WRONG);
  return file;
}

describe('plan lint', () => {
  test('names file, line and column of everything that is wrong, exits 2 and never repeats a password', async () => {
    const file = wrongPlan();
    const { code, stdout, stderr } = await failback(['plan', 'lint', file]);
    expect(code).toBe(2);
    expect(stdout).toContain(`${file}:5:1: `);
    expect(stdout).toMatch(/wrong\.yaml:4:\d+: credentials are references/);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('prints findings as JSON lines and a total', async () => {
    const { code, objects } = await failback(['plan', 'lint', wrongPlan(), '--json']);
    expect(code).toBe(2);
    expect(objects[0]).toMatchObject({ type: 'finding', severity: 'error', line: expect.any(Number), column: expect.any(Number) });
    expect(objects.at(-1)).toMatchObject({ type: 'lint', errors: objects.length - 1, warnings: 0 });
  });

  test('a file that is not there is exit 2 with a remedy', async () => {
    const { code, stderr } = await failback(['plan', 'lint', '/nonexistent/plan.yaml']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/error: plan \/nonexistent\/plan.yaml does not exist\n {2}remedy: /)]);
  });

  test('run refuses the same plan with the same places before it touches anything', async () => {
    const file = wrongPlan();
    const { code, stderr } = await failback(['run', file], ENVIRONMENT);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:5:1: `);
  });
});

test('plan show tells hosts, order and settings, and references instead of secrets', async () => {
  const file = writePlan(await simulate({ hosts: 1 }), { members: ['dc01', { match: 'web-*', except: ['web-009'] }] });
  const { code, stdout } = await failback(['plan', 'show', file], ENVIRONMENT);
  expect(code).toBe(0);
  expect(stdout).toContain('1. dc01\n  2. every VM that matches web-* except web-009');
  expect(stdout).toContain('env:HV_PASSWORD');
  expect(stdout).toContain('up to 5 calls a step, exponential wait from 100 ms to 1.0 s');
});

test('plan init writes a valid plan of what the hosts have, and replaces nothing unasked', async () => {
  const from = writePlan(await simulate({ hosts: 1, scenario: { vms: [{ names: ['dc01', 'sql01'] }] } }));
  const out = join(folder(), 'new.yaml');
  expect((await failback(['plan', 'init', '--from', from, '--name', 'fresh', '--out', out], ENVIRONMENT)).code).toBe(0);
  expect(readFileSync(out, 'utf8')).toContain('- dc01');
  expect((await failback(['plan', 'lint', out])).code).toBe(0);
  const again = await failback(['plan', 'init', '--out', out]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('exists already')]);
  expect(existsSync(out)).toBe(true);
});
