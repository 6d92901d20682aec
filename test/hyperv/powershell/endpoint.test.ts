import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startCall } from '../../../src/hyperv/cim/call.ts';
import type { MethodParameter } from '../../../src/hyperv/cim/cim-access.ts';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import type { PowerShellAccess } from '../../../src/hyperv/powershell/powershell-access.ts';
import { failureOf } from '../wsman/hosts.ts';
import { ask, change, ECHO, echoes } from './echo.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const SESSION = fileURLToPath(new URL('./cim-module/EndpointSession.psm1', import.meta.url));
const MODULE = fileURLToPath(new URL('../../../src/hyperv/powershell/Failback', import.meta.url));
const HYPERV = 'root/virtualization/v2';

const open = echoes();
const endpoint = (configurationName: string, username = 'CONTOSO\\svc-failback'): PowerShellAccess =>
  open({ configurationName, modules: [SESSION], credentials: async () => ({ username, password: 'S3cret' }) });
const echo = endpoint('Echo');

describe.skipIf(PWSH === null)(`an endpoint of a host${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  test('answers like its CIM', async () => {
    const [there] = await ask(echo, 'Echo_Types');
    const [here] = await ask(open({ modules: [ECHO] }), 'Echo_Types');
    expect(there).toEqual(here);
    expect((await ask(echo, 'Echo_Many')).length).toBe(2_000);
    expect(textOf((await ask(echo, 'Echo_Noise'))[0] as never, 'Name')).toBe('ä日本');
    expect(await failureOf(ask(echo, 'Echo_Denied'))).toMatchObject({ code: 'host.forbidden', details: { hresult: '0x80041003' } });
    expect(await failureOf(ask(echo, 'Echo_Broken'))).toMatchObject({ code: 'host.fault', class: 'retryable' });
  });

  test('calls what failback calls, once, and no other method', async () => {
    const called = await change(echo, 'InitiateFailback', { className: 'Msvm_ReplicationService', key: "'; Remove-VM * #" });
    expect(textOf(called, 'key InstanceID')).toBe("'; Remove-VM * #");
    const refused = { code: 'host.forbidden', class: 'operator', details: { sent: false } };
    expect(await failureOf(change(echo, 'DestroySystem', { className: 'Msvm_VirtualSystemManagementService' }))).toMatchObject(refused);
    expect(await failureOf(change(echo, 'Create', { className: 'Win32_Process' }))).toMatchObject(refused);
    expect(await failureOf(change(echo, 'InitiateFailback', { className: 'Win32_Process' }))).toMatchObject(refused);
    expect(textOf(await change(echo, 'InitiateFailback', { className: 'Msvm_ReplicationService' }), 'Invoked')).toBe('2');
  });

  test('takes no list for a text, no name twice, and no other object than it looked at', async () => {
    const machine = (name: string, className = 'Msvm_ComputerSystem') => ({
      namespace: HYPERV,
      className,
      keys: new Map([['Name', name]]),
    });
    const destroy = (...parameters: MethodParameter[]) =>
      change(echo, 'DestroySystem', { className: 'Msvm_VirtualSystemManagementService', parameters });
    const refused = { code: 'host.forbidden', class: 'operator', details: { sent: false } };
    // What the echo gives back has no ReplicationMode, unless a key is named so.
    const test = { namespace: HYPERV, className: 'Msvm_ComputerSystem', keys: new Map([['ReplicationMode', '3']]) };
    expect(textOf(await destroy(['AffectedSystem', 'reference', test]), 'ReturnValue')).toBe('0');
    expect(await failureOf(destroy(['AffectedSystem', 'reference', machine('vm')]))).toMatchObject(refused);
    expect(await failureOf(destroy(['AffectedSystem', 'reference', { ...test, className: 'Msvm_Other' }]))).toMatchObject(refused);
    expect(await failureOf(destroy(['AffectedSystem', 'reference', { ...test, namespace: 'root/cimv2' }]))).toMatchObject(refused);
    const twice = destroy(['AffectedSystem', 'reference', test], ['affectedsystem', 'reference', machine('vm')]);
    expect(await failureOf(twice)).toMatchObject({ class: 'retryable', details: { sent: false } });
    // Comparing as people do overlooks characters without a width; who looks names up does not.
    for (const ignored of ['\u00AD', '\u200D', '\0']) {
      const beside = destroy([`Affected${ignored}System`, 'reference', test], ['AffectedSystem', 'reference', machine('vm')]);
      expect(await failureOf(beside)).toMatchObject(refused);
    }
    expect(await failureOf(destroy(['AffectedSystem', 'reference', { ...test, namespace: `${HYPERV}\0` }]))).toMatchObject(refused);
    const listed = ['AffectedSystem', ['reference', 'string'], 'vm'] as unknown as MethodParameter;
    expect(await failureOf(destroy(listed))).toMatchObject(refused);
  });

  test('reads one value of the registry', async () => {
    const read = (subKey: string, namespace = 'root/cimv2', className = 'StdRegProv', value = 'MaximumActiveTransfers') => {
      const target = { namespace, className, keys: new Map([['Name', 'x']]) };
      const parameters: MethodParameter[] = [
        ['sSubKeyName', 'string', subKey],
        ['sValueName', 'string', value],
      ];
      return echo.invoke({ className, target, method: 'GetDWORDValue', parameters, change: null }, startCall());
    };
    const key = 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Replication';
    expect(textOf(await read(key), 'sSubKeyName')).toBe(key);
    const refused = { code: 'host.forbidden', class: 'operator', details: { sent: false } };
    expect(await failureOf(read('SOFTWARE'))).toMatchObject(refused);
    expect(await failureOf(read(key, 'root/cimv2', 'StdRegProv', 'Other'))).toMatchObject(refused);
    // Windows reads to the zero.
    expect(await failureOf(read(key.replace('SOFTWARE', 'SOFTWARE\0')))).toMatchObject(refused);
    expect(await failureOf(read(key, 'root', 'cimv2/StdRegProv'))).toMatchObject(refused);
    expect(await failureOf(read(key, '\0root/cimv2'))).toMatchObject(refused);
  });

  test('answers no other question', async () => {
    const query = (namespace: string, wql: string) => echo.query({ namespace, className: 'Any', wql }, startCall());
    expect(await query(HYPERV, "SELECT Name FROM Echo_Types WHERE Name = 'x'")).toHaveLength(1);
    const refused = { code: 'host.forbidden', class: 'operator', details: { sent: false } };
    for (const [namespace, wql] of [
      ['root/cimv2', 'SELECT * FROM Win32_Process'],
      ['root/cimv2', "SELECT * FROM Win32_Service WHERE Name = 'x' OR Name <> 'x'"],
      ['root/SecurityCenter2', 'SELECT * FROM AntiVirusProduct'],
      ['root/cimv2', "ASSOCIATORS OF {Win32_Service.Name='x'} WHERE AssocClass = A ResultClass = Win32_Process"],
      ['root/cimv2', 'SELECT Name FROM Win32_Process, Other FROM Win32_Service'],
      [HYPERV, "SELECT Name FROM Echo_Types WHERE Name = 'x'\nSELECT * FROM Echo_Types"],
      [HYPERV, 'SELECT Name FROM Echo_Types\n'],
    ] as const)
      expect(await failureOf(query(namespace, wql)), wql).toMatchObject(refused);
  });

  test('calls nothing after its time, though its clock is another', async () => {
    await ask(echo, 'Echo_Nothing');
    const late = { code: 'host.not-sent', class: 'retryable', details: { sent: false } };
    expect(await failureOf(change(echo, 'Echo', { sendByMs: -1 }))).toMatchObject(late);
    const slow = change(echo, 'InitiateFailback', { className: 'Msvm_ReplicationService', key: 'slow', sendByMs: 500 });
    expect(await failureOf(slow)).toMatchObject(late);
  });

  test('whose session ends leaves a change in doubt, and is logged on to again', async () => {
    const access = endpoint('Echo');
    await ask(access, 'Echo_Nothing');
    // It takes what stands in for WinRM here a minute to notice.
    const what = { className: 'Msvm_ReplicationService', key: 'exit', timeoutMs: 2_000 };
    expect(await failureOf(change(access, 'InitiateFailback', what))).toMatchObject({ class: 'reconcile', details: { sent: true } });
    expect(await ask(access, 'Echo_Types')).toHaveLength(1);
  });

  test('that is not registered, is somebody else’s or lets the account not in is told before a word to the host', async () => {
    const missing = { code: 'powershell.unavailable', class: 'operator', details: { sent: false } };
    expect(await failureOf(change(endpoint('Nobody'), 'Echo'))).toMatchObject({
      ...missing,
      details: { sent: false, hresult: '0x8033803B' },
    });
    expect(await failureOf(change(endpoint('Other'), 'Echo'))).toMatchObject(missing);
    const denied = { code: 'host.unauthorized', class: 'operator', details: { sent: false, hresult: '0x80070005' } };
    expect(await failureOf(change(endpoint('Echo', 'stranger'), 'Echo'))).toMatchObject(denied);
  });
});

describe.skipIf(PWSH === null)(`the script that registers an endpoint${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  test('makes a configuration without a language for the groups it is told, and registers that', () => {
    const folder = mkdtempSync(join(tmpdir(), 'failback-endpoint-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // Only Windows registers; what would be registered is shown instead.
    const script = `
      $there = @{ 'microsoft.powershell' = 1; Failback = 1 }
      function Get-PSSessionConfiguration { param($Name) $there[$Name] }
      function Unregister-PSSessionConfiguration { param($Name, [switch] $Force, [switch] $NoServiceRestart)
        if (-not $NoServiceRestart) { throw 'A session in which this is run from afar ends here, and nothing is registered any more.' }
        $there.Remove($Name)
      }
      function Register-PSSessionConfiguration { param($Name, $Path, [switch] $Force)
        if ($null -ne $there[$Name]) { throw 'There is one already.' }
        $data = Import-PowerShellDataFile -Path $Path
        @{ name = $Name; data = $data } | ConvertTo-Json -Depth 5 -Compress
      }
      function icacls.exe { $global:LASTEXITCODE = 0 }
      try { & $env:SCRIPT -Group x -Name Microsoft.PowerShell -ModulePath $env:FOLDER -TranscriptDirectory $env:FOLDER; throw 'taken' } catch { if ("$_" -notlike '*Name*') { throw } }
      & $env:SCRIPT -Group 'CONTOSO\\DR Operators', "HV-01\\o'brien" -ModulePath (Join-Path $env:FOLDER modules) -TranscriptDirectory (Join-Path $env:FOLDER kept) -RunAsVirtualAccountGroups 'Hyper-V-Administratoren'`;
    const { stdout, stderr } = spawnSync(PWSH ?? '', ['-NoProfile', '-NonInteractive', '-Command', script], {
      encoding: 'utf8',
      env: { ...process.env, SCRIPT: join(MODULE, 'Register-FailbackEndpoint.ps1'), FOLDER: folder, NO_COLOR: '1' },
    });
    expect(stderr).toBe('');
    const { name, data } = JSON.parse(stdout) as { name: string; data: Record<string, unknown> };
    expect(name).toBe('Failback');
    expect(data).toMatchObject({
      SessionType: 'RestrictedRemoteServer',
      LanguageMode: 'NoLanguage',
      RunAsVirtualAccount: true,
      RunAsVirtualAccountGroups: 'Hyper-V-Administratoren',
      TranscriptDirectory: join(folder, 'kept'),
      RoleDefinitions: {
        'CONTOSO\\DR Operators': { RoleCapabilities: 'Failback' },
        "HV-01\\o'brien": { RoleCapabilities: 'Failback' },
      },
    });
    const copied = readdirSync(join(folder, 'modules', 'Failback'), { recursive: true }).map(String);
    expect(copied).toEqual(expect.arrayContaining(readdirSync(MODULE, { recursive: true }).map(String)));
  });
});
