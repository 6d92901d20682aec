import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlan } from '../../src/plan/load-plan.ts';

const GOOD = 'version: 1\nname: p\nhosts:\n  h1: { address: https://h1, credentials: { username: u, password: file:pw } }\nmembers: [a]\n';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failback-plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'plan.yaml');
  await writeFile(path, content);
  return path;
}

describe('loading a plan', () => {
  it('reads a good file, with or without a byte order mark', async () => {
    const plan = await loadPlan(await fileWith(`\uFEFF${GOOD}`));
    expect(plan.hosts[0]?.access.credentials).toEqual({ username: 'u', password: `file:${join(folder, 'pw')}` });
    await expect(loadPlan(await fileWith(GOOD))).resolves.toEqual(plan);
  });

  it('tells every error of an invalid plan at once', async () => {
    const path = await fileWith('version: 2\nname: ""\nhosts: {}\n');
    await expect(loadPlan(path)).rejects.toMatchObject({ code: 'plan.invalid', class: 'operator', details: { file: path, errors: 4 } });
    const error: unknown = await loadPlan(path).catch((thrown: unknown) => thrown);
    expect(String(error instanceof Error && error.message).split('\n')).toEqual([
      `${path} has 4 errors`,
      expect.stringContaining(`${path}:1:1: "members" is missing`),
      expect.stringContaining(`${path}:1:10: this failback does not know version 2`),
      expect.stringContaining(`${path}:2:7: the name of a plan is empty`),
      expect.stringContaining(`${path}:3:8: at least one host`),
    ]);
  });

  it.each([
    ['is larger than 1 MiB', () => fileWith(`${GOOD}#${'x'.repeat(1024 * 1024)}`)],
    ['is not UTF-8', () => fileWith(Buffer.from('name: caf\xe9', 'latin1'))],
    ['is UTF-16, not UTF-8', () => fileWith(Buffer.from(`\uFEFF${GOOD}`, 'utf16le'))],
    ['does not exist', async () => join(folder, 'no-such.yaml')],
    ['is a directory', async () => folder],
    ['is larger than 1 MiB', async () => '/dev/zero'],
  ])('says that a file %s', async (reason, make) => {
    const path = await make();
    await expect(loadPlan(path)).rejects.toMatchObject({ code: 'plan.unreadable', class: 'operator', message: `plan ${path} ${reason}` });
  });

  it('takes a file of exactly 1 MiB', async () => {
    const filler = '#'.repeat(1024 * 1024 - GOOD.length);
    await expect(loadPlan(await fileWith(GOOD + filler))).resolves.toMatchObject({ name: 'p' });
  });
});
