import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRedisBinary } from '../../src/redis/redis-binary.ts';
import { temporaryDirectory } from '../support/own-redis.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/setup.mjs');

/** A PATH of one directory that holds the given programs and nothing else. */
function pathWith(programs: Readonly<Record<string, string>>): string {
  const directory = join(temporaryDirectory(), 'bin');
  mkdirSync(directory);
  symlinkSync(process.execPath, join(directory, 'node'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

function setup(path: string, environment: Readonly<Record<string, string>> = {}, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
    env: { PATH: path, CI: 'true', ...environment },
    encoding: 'utf8',
  });
  return { status, stdout, lines: stderr.split('\n').filter((line) => line !== '') };
}

test('says nothing and does nothing when everything is there', () => {
  expect(setup(process.env.PATH ?? '')).toEqual({ status: 0, stdout: '', lines: [] });
});

// A server in one of the directories that are searched beside PATH cannot be hidden from the script.
describe.skipIf(findRedisBinary('') !== undefined)('without a Redis server', () => {
  test('says in one line what to install when it may not install it', () => {
    const { status, lines } = setup(pathWith({}));
    expect(status).toBe(6);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/install Redis .* or Valkey.*FAILBACK_REDIS_URL/);
  });

  test('is content with FAILBACK_REDIS_URL, except for tests', () => {
    const environment = { FAILBACK_REDIS_URL: 'redis://elsewhere' };
    expect(setup(pathWith({}), environment).status).toBe(0);
    expect(setup(pathWith({}), environment, '--for-tests').status).toBe(6);
  });

  test('takes Valkey as well', () => {
    expect(setup(pathWith({ 'valkey-server': 'echo "Valkey server v=8.1.0 sha=0"' })).status).toBe(0);
  });

  test('refuses a server that is too old', () => {
    const { status, lines } = setup(pathWith({ 'redis-server': 'echo "Redis server v=6.0.16 sha=0"' }));
    expect(status).toBe(6);
    expect(lines.join()).toContain('version 6.0, 6.2 or newer is needed');
  });

  test('installs the package where it may, once', () => {
    const path = pathWith({});
    // Answers for the package manager that needs no rights, so that nothing outside this directory is touched.
    const brew = `test "$*" = "install redis" && printf '#!/bin/sh\\necho "Redis server v=8.0.0"\\n' > ${path}/redis-server && /bin/chmod 755 ${path}/redis-server`;
    writeFileSync(join(path, 'brew'), `#!/bin/sh\n${brew}\n`, { mode: 0o755 });
    symlinkSync('/bin/sh', join(path, 'sh'));
    const first = setup(path);
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.lines.join()).toContain('brew install redis');
    expect(setup(path).lines).toEqual([]);
  });
});

describe('for tests', () => {
  const redis = { 'redis-server': 'echo "Redis server v=8.0.0"' };

  test('installs what some tests talk to where it may, starts none of it, and is content without it', () => {
    const path = pathWith({ ...redis, 'apt-get': '', 'dpkg-query': 'echo "curl installed"', sudo: 'shift; exec "$@"', true: '' });
    // In place of the shell that would run the script as root.
    writeFileSync(join(path, 'sh'), `#!/bin/sh\necho "$2" > ${path}/script\n`, { mode: 0o755 });
    const { status, lines } = setup(path, {}, '--for-tests');
    expect(status).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/installing what some tests talk to \(.*apt-get install krb5-kdc .*\); none of it is started/),
      expect.stringMatching(/some tests will be skipped without: apt-get install krb5-kdc /),
    ]);
    const script = readFileSync(join(path, 'script'), 'utf8');
    expect(script).toContain('$install krb5-kdc || true\n');
    expect(script).not.toContain('$install curl');
    expect(script).toContain('policy-rc.d');
    expect(script).toContain('systemctl disable krb5-kdc krb5-admin-server ');
  });

  test('says nothing where there is no such package manager', () => {
    expect(setup(pathWith(redis), {}, '--for-tests')).toMatchObject({ status: 0, lines: [] });
  });
});
