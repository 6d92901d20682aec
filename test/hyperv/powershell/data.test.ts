import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import { ask, change, echoes } from './echo.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

/** What ends a string, starts a command, or is expanded somewhere in PowerShell. */
const ATTACKS = [
  "'; Remove-VM *; '",
  '"; Remove-VM *; "',
  '$(Remove-VM *)',
  '\u0024{env:PATH}',
  '`"; Remove-VM *',
  '\n\nRemove-VM *\n',
  '\r\nRemove-VM *\r\n',
  '\u2018; Remove-VM *; \u2019',
  '\u201C$(Remove-VM *)\u201D',
  '\u201A; Remove-VM *; \u201B',
  '"@\nRemove-VM *\n@"',
  "'@\nRemove-VM *\n@'",
  '@(Remove-VM *)',
  '--%; Remove-VM',
  '#>; Remove-VM <#',
  '& { Remove-VM }',
  '| Remove-VM',
  '%{Remove-VM}',
  '2026-11-30T20:15:00Z',
  '/Date(1234567890123)/',
  '\\/Date(0)\\/',
  'true',
  '0x10',
  '\u0000',
  'a\u0000Remove-VM',
  '\uD800',
  '\uDC00\uD800',
  '\u202E\uFEFF',
  '=',
  '',
];

const attack = fc.constantFrom(...ATTACKS);
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
const text = fc.oneof(
  attack,
  units,
  fc.string({ unit: 'binary' }),
  fc.tuple(fc.string(), attack, fc.string()).map((parts) => parts.join('')),
);
/** .NET lets no user have no name. */
const name = text.filter((value) => value !== '');

describe.skipIf(PWSH === null)(`what goes in comes out as data${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  const open = echoes();

  test('in parameters of methods, and keys of objects', async () => {
    const access = open();
    await fc.assert(
      fc.asyncProperty(text, text, async (value, key) => {
        const result = await change(access, 'Echo', { key, parameters: [['Text', 'string', value]] });
        expect(textOf(result, 'Text')).toBe(value);
        expect(textOf(result, 'key InstanceID')).toBe(key);
        expect(textOf(result, 'Removed')).toBe('0');
      }),
      { numRuns: 150, examples: ATTACKS.map((each) => [each, each]) },
    );
  });

  test('in credentials', async () => {
    let [username, password] = ['', ''];
    const access = open({ credentials: async () => ({ username, password }) });
    await fc.assert(
      fc.asyncProperty(name, text, async (user, secret) => {
        [username, password] = [user, secret];
        const [seen] = await ask(access, 'Echo_Credential');
        expect(seen && textOf(seen, 'UserName')).toBe(user);
        expect(seen && textOf(seen, 'Password')).toBe(secret);
        expect(seen && textOf(seen, 'Removed')).toBe('0');
      }),
      { numRuns: 60, examples: ATTACKS.filter((each) => each !== '').map((each) => [each, each]) },
    );
  });

  test('in names of hosts', async () => {
    for (const computerName of [ATTACKS.slice(0, 13).join(' '), '\uD800\u0000']) {
      const access = open({ connection: { protocol: 'wsman', computerName, port: 5985, useSsl: false } });
      const [seen] = await ask(access, 'Echo_Credential');
      expect(seen && textOf(seen, 'ComputerName')).toBe(computerName);
      expect(seen && textOf(seen, 'Removed')).toBe('0');
      access.close();
    }
  });

  test('a long password is sealed in parts', async () => {
    const password = 'a\u{1F389}\uD800'.repeat(80);
    const [seen] = await ask(open({ credentials: async () => ({ username: 'u', password }) }), 'Echo_Credential');
    expect(seen && textOf(seen, 'Password')).toBe(password);
  });
});
