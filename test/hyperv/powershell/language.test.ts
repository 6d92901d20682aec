import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { NO_PWSH, PWSH } from './pwsh.ts';

const CHECK = fileURLToPath(new URL('./language.ps1', import.meta.url));
const SCRIPTS = [
  'operations.ps1',
  'Failback/answers.ps1',
  'Failback/cim.ps1',
  'Failback/Failback.psm1',
  'Failback/Register-FailbackEndpoint.ps1',
].map((name) => readFileSync(new URL(`../../../src/hyperv/powershell/${name}`, import.meta.url), 'utf8'));

/** What PowerShell 7 understands and 5.1 does not, or what one of them does otherwise. */
const LATER: readonly (readonly [what: string, script: string])[] = [
  ['a conditional', '$a = $true ? 1 : 2'],
  ['what is left of null', '$a = $b ?? 1'],
  ['an assignment to null', '$a ??= 1'],
  ['a member of null', '\u0024{a}?.Length'],
  ['an element of null', '\u0024{a}?[0]'],
  ['a chain', 'Get-CimInstance && Remove-CimSession'],
  ['the other chain', 'Get-CimInstance || Remove-CimSession'],
  ['a job', 'Get-CimInstance -Query $a &'],
  ['a clean block', 'function Get-FailbackThing { process { 1 } clean { 2 } }'],
  ['an escape', '$a = "`u{1F389}"'],
  ['a table from JSON', 'ConvertFrom-Json -InputObject $a -AsHashtable'],
  ['the depth of what is read', 'ConvertFrom-Json -InputObject $a -Depth 9'],
  ['kinds of dates', 'ConvertFrom-Json -InputObject $a -DateKind String'],
  ['escapes that are asked for', 'ConvertTo-Json -InputObject $a -EscapeHandling EscapeNonAscii'],
  ['parallel work', '1..3 | ForEach-Object -Parallel { $_ }'],
  ['a command that is not in the list', 'Get-Error'],
  ['a command from a variable', '& $a'],
  ['a type of .NET', '[Text.Json.JsonSerializer]::Serialize($a)'],
  ['a type that is made', 'New-Object -TypeName Text.Json.JsonDocument'],
  ['broken text', 'if ('],
  ['characters that 5.1 reads in its code page', "$a = 'ä'"],
];

describe.skipIf(PWSH === null)(`the script${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  test('keeps to what Windows PowerShell 5.1 understands, and the check would see otherwise', () => {
    const texts = [...SCRIPTS, ...LATER.map(([, script]) => script)];
    const args = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', CHECK];
    const { stdout, stderr } = spawnSync(PWSH ?? '', args, { input: JSON.stringify(texts), encoding: 'utf8' });
    expect(stderr).toBe('');
    const findings = JSON.parse(stdout) as string[][];
    expect(findings.slice(0, SCRIPTS.length)).toEqual(SCRIPTS.map(() => []));
    const unseen = LATER.filter((_, index) => (findings[index + SCRIPTS.length] ?? []).length === 0).map(([what]) => what);
    expect(unseen).toEqual([]);
  });
});
