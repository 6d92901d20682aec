import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failback, folder } from './command-line.ts';

describe('a data directory', () => {
  test.for([
    ['/proc/x', '(ENOENT)'],
    ['/proc', '(ENOENT)'],
    ['/dev/null/x', '(ENOTDIR)'],
    [`/tmp/${'long'.repeat(70)}`, '(ENAMETOOLONG)'],
    ['/tmp/two\nlines', '/tmp/two\\u{a}lines has characters in its name'],
  ])('that can not be used (%j) ends a demo with 2 at once', async ([FAILBACK_DATA, reason]) => {
    const { code, stderr } = await failback(['demo', '--vms', '1'], { FAILBACK_DATA });
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason as string)]);
    expect(stderr).toContain('FAILBACK_DATA');
  });

  test('that is a file is named as such', async () => {
    const FAILBACK_DATA = join(folder(), 'a-file');
    writeFileSync(FAILBACK_DATA, '');
    const { code, stderr } = await failback(['demo', '--vms', '1'], { FAILBACK_DATA });
    expect([code, stderr]).toEqual([2, expect.stringContaining('(EEXIST)')]);
  });

  test.for(['two words', '🚚 "home"', `deep/${'x'.repeat(150)}`])('may have any printable name (%s)', async (name) => {
    const FAILBACK_DATA = join(folder(), name);
    mkdirSync(FAILBACK_DATA, { recursive: true });
    const { code } = await failback(['demo', '--vms', '1', '--hosts', '1', '--faults', 'none', '--speed', '600'], { FAILBACK_DATA });
    expect(code).toBe(0);
  });
});
