import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeWhole } from '../../src/cli/write-whole.ts';
import { makeDirectory } from '../../src/redis/make-directory.ts';
import { temporaryDirectory } from '../support/own-redis.ts';

test('makes what is missing, for the owner only, and leaves alone what is there', () => {
  const directory = join(temporaryDirectory(), 'a', 'b');
  makeDirectory(directory);
  makeDirectory(directory);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, '..')).mode & 0o777).toBe(0o700);
});

test('says what is in the way', () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  expect(() => makeDirectory(file)).toThrow('EEXIST');
  expect(() => makeDirectory(join(file, 'x'))).toThrow('ENOTDIR');
});

// Elsewhere there is no file system that answers like this.
test.runIf(process.platform === 'linux')('comes back where nothing can be made, and so does what writes a report', async () => {
  expect(() => makeDirectory('/proc/x/y')).toThrow('ENOENT');
  await expect(writeWhole('/proc/x/report.html', '')).rejects.toMatchObject({ code: 'usage.invalid' });
});
