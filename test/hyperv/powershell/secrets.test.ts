import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import { failureOf } from '../wsman/hosts.ts';
import { ask, echoes } from './echo.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const PASSWORD = 'S3cret-\u00E4\u{1F389}-Passw0rd!';
const folder = mkdtempSync(join(tmpdir(), 'failback-powershell-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** PowerShell behind a program that keeps what it is started with and everything that goes in and out. */
function recorded(): { readonly executable: string; readonly everything: () => string } {
  const executable = join(folder, 'pwsh');
  const files = ['args', 'input', 'output', 'errors'].map((name) => join(folder, name));
  const [args, input, output, errors] = files;
  const script = [
    '#!/bin/sh',
    `printf '%s\\n' "$@" > '${args}'`,
    `env >> '${args}'`,
    `{ tee '${input}' | '${PWSH}' "$@" 2>&1 1>&3 | tee '${errors}' 1>&2; } 3>&1 | tee '${output}'`,
  ].join('\n');
  writeFileSync(executable, script);
  chmodSync(executable, 0o755);
  return { executable, everything: () => files.map((file) => readFileSync(file, 'latin1')).join('\n') };
}

/** The secret, and each spelling in which it could be found again. */
const SPELLINGS = (['utf8', 'utf16le'] as const).flatMap((encoding) => {
  const bytes = Buffer.from(PASSWORD, encoding);
  const shifted = [0, 1, 2].map((by) =>
    Buffer.concat([Buffer.alloc(by), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [bytes.toString('latin1'), bytes.toString('hex'), ...shifted];
});

describe.skipIf(PWSH === null || process.platform === 'win32')(`a password${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  const open = echoes();

  test('reaches the credential, and is in nothing that anybody could keep: command line, environment, input, output, failures', async () => {
    // As the worker has it of another host.
    vi.stubEnv('OTHER_HOST_PASSWORD', PASSWORD);
    const { executable, everything } = recorded();
    const credentials = async () => ({ username: 'CONTOSO\\svc', password: PASSWORD });
    // What the module lets out is asked for by another session.
    const [seen] = await ask(open({ credentials }), 'Echo_Credential');
    expect(seen && textOf(seen, 'Password')).toBe(PASSWORD);
    const connection = { protocol: 'wsman', computerName: 'fails-here', port: 5986, useSsl: true } as const;
    const failure = await failureOf(ask(open({ credentials, executable, connection }), 'Echo_Types'));
    expect(failure).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { hresult: '0x80070005', sent: false } });
    const kept = everything() + JSON.stringify(failure) + failure.stack;
    expect(kept).toContain('Invoke-FailbackRequest');
    expect(SPELLINGS.filter((spelling) => kept.includes(spelling))).toEqual([]);
    const requests = [...kept.matchAll(/Invoke-FailbackRequest '([^']*)'/g)].map(([, request = '']) =>
      Buffer.from(request, 'base64').toString(),
    );
    expect(requests.some((request) => request.includes('svc'))).toBe(true);
    expect(requests.filter((request) => SPELLINGS.some((spelling) => request.includes(spelling)))).toEqual([]);
  });
});
