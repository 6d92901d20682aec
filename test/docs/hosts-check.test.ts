import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as commands from '../../src/cli/host-commands.ts';

const text = readFileSync('docs/hosts-check.md', 'utf8').replaceAll('\\|', '|');
const fixed = Object.entries(commands).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));

test.each(fixed)('docs/hosts-check.md has the command %s as it is shown', (_name, command) => {
  expect(text).toContain(`\`${command}\``);
});

test('docs/hosts-check.md has the commands that are about an account or a limit', () => {
  const group = (name: string) => commands.addToGroup(name, 'ACCOUNT');
  for (const command of [group('Hyper-V Administrators'), group('Remote Management Users'), commands.allowTransfers(6)])
    expect(text).toContain(`\`${command}\``);
});
