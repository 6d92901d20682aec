import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSecret } from '../../src/plan/secret.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failback-secret-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(folder, 'secret');
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe('resolving a secret', () => {
  it('takes an environment variable as it is', async () => {
    await expect(resolveSecret('env:HV', { environment: { HV: ' päss\n' } })).resolves.toBe(' päss\n');
  });

  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    ['\uFEFF sec ret ', ' sec ret '],
  ])('drops one trailing line break and a byte order mark of a file: %j', async (content, secret) => {
    await expect(resolveSecret(`file:${await fileWith(content)}`)).resolves.toBe(secret);
  });

  it('warns when everybody may read the file, and only then', async () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    await resolveSecret(`file:${await fileWith('hunter2', 0o640)}`, { warn });
    expect(warnings).toEqual([]);
    const path = await fileWith('hunter2', 0o644);
    await resolveSecret(`file:${path}`, { warn });
    expect(warnings).toEqual([`file:${path}: everybody on this machine may read this file; use chmod 600`]);
  });

  it.each([
    ['env:HV_NONE', 'env:HV_NONE: the environment variable is not set'],
    ['env:HV_EMPTY', 'env:HV_EMPTY: the environment variable is empty'],
    ['file:/no/such/file', 'file:/no/such/file: the file cannot be read (ENOENT)'],
    ['file:/dev/null', 'file:/dev/null: the file is empty'],
    ['file:/dev/zero', 'file:/dev/zero: the file is larger than 64 KiB'],
    ['hunter2', 'a credential is not a reference'],
  ])('fails for %s, naming the reference only', async (reference, message) => {
    await expect(resolveSecret(reference, { environment: { HV_EMPTY: '' } })).rejects.toMatchObject({
      code: 'secret.missing',
      class: 'operator',
      message,
    });
  });

  it('never lets the bytes of an unusable file out', async () => {
    const error: unknown = await resolveSecret(`file:${await fileWith(Buffer.from('hunter2\xff', 'latin1'))}`).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'secret.missing', cause: undefined });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });
});
