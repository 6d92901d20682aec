import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, PASSWORD, simulate, writePlan } from './command-line.ts';
import { ACTS_ON_TERMINALS } from './terminal-text.ts';

const { url } = useRedis();
const REDIS = ['--redis', url];
/** Nothing listens on it: ports below 1024 are not handed out. */
const NOBODY = 'http://127.0.0.1:9/wsman';

describe('hosts check', () => {
  test('says in words who answers and what the account sees', async () => {
    const plan = writePlan(await simulate());
    const { code, stdout } = await failback(['hosts', 'check', plan], ENVIRONMENT);
    expect(code).toBe(0);
    expect(stdout).toContain('reached by WS-Management over HTTP; Microsoft Corporation, OS: 10.0.17763');
    expect(stdout).toContain('may read root\\cimv2: hv-dr-01, Windows Server 2019 (10.0.17763)');
    expect(stdout).toContain('is a Hyper-V administrator or equivalent');
    expect(stdout).toContain('That it may start, stop or fail back a VM is not proved by that');
    expect(stdout).toContain('replication service is there and well');
    expect(stdout).toContain("replication providers: Hyper-V's own, External Replication Provider");
    expect(stdout).toContain('the account sees 3 VMs, 3 of them on the recovery side');
    expect(stdout).toContain('WinRM allows answers of 500 KB, 1500 operations of a user at a time, 300 connections');
    expect(stdout).toContain('warning logged on as hvadmin by basic; passwords and orders travel in clear text');
    expect(stdout).toContain('on the host: winrm quickconfig -transport:https -quiet');
  });

  test('a wrong password is exit 6 with a remedy, for each host on its own, and is never shown', async () => {
    const plan = writePlan(await simulate());
    const wrong = { ...ENVIRONMENT, HV_PASSWORD: 'not-the-password' };
    const { code, objects, stdout, stderr } = await failback(['hosts', 'check', plan, '--json'], wrong);
    expect(code).toBe(6);
    expect(objects).toHaveLength(2);
    expect(objects[0]).toMatchObject({ type: 'host', usable: false, findings: [{ severity: 'error', remedy: expect.any(String) }] });
    expect(stdout + stderr).not.toContain('not-the-password');
  });

  test('a missing secret names its reference', async () => {
    const plan = writePlan(await simulate({ hosts: 1 }));
    const { stdout } = await failback(['hosts', 'check', plan], { FAILBACK_DATA: ENVIRONMENT.FAILBACK_DATA });
    expect(stdout).toContain('env:HV_PASSWORD: the environment variable is not set');
  });
});

describe('hosts endpoint', () => {
  test('writes the module for the hosts, again where it is already, and says what to do with it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'failback-endpoint-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    for (const _ of [1, 2]) {
      const { code, stdout } = await failback(['hosts', 'endpoint', directory], ENVIRONMENT);
      expect(code).toBe(0);
      expect(stdout).toContain("Register-FailbackEndpoint.ps1 -Group 'CONTOSO\\DR Operators'");
    }
    const [psrc, module] = ['RoleCapabilities/Failback.psrc', 'Failback.psm1'].map((name) =>
      readFileSync(join(directory, 'Failback', name), 'utf8'),
    );
    const [, visible] = /VisibleFunctions = '([\w-]+)'/.exec(psrc ?? '') ?? [];
    expect(module).toContain(`Export-ModuleMember -Function ${visible}`);
    const { code, objects } = await failback(['hosts', 'endpoint', directory, '--json'], ENVIRONMENT);
    expect({ code, objects }).toEqual({ code: 0, objects: [{ type: 'endpoint', folder: join(directory, 'Failback') }] });
  });

  test('says where it can not be written', async () => {
    const { code, stderr } = await failback(['hosts', 'endpoint', '/dev/null/there'], ENVIRONMENT);
    expect(code).toBe(2);
    expect(stderr).toContain('/dev/null/there/Failback can not be written');
  });
});

describe('a host that can not be reached', () => {
  test('ends run and preflight with 6 and says which one', async () => {
    const simulator = await simulate({ hosts: 1 });
    const [host] = simulator.hosts;
    const plan = writePlan({ hosts: host ? [host, { ...host, name: 'hv-gone', url: NOBODY }] : [] });
    const [run, preflight, inventory] = await Promise.all([
      failback(['run', plan, ...REDIS], ENVIRONMENT),
      failback(['preflight', plan], ENVIRONMENT),
      failback(['inventory', plan, '--json'], ENVIRONMENT),
    ]);
    for (const { code, stderr } of [run, preflight]) {
      expect(code).toBe(6);
      expect(stderr.match(/Host hv-gone refuses connections.*; trying again/g)).toHaveLength(1);
      expect(stderr).toContain('error: Host hv-gone refuses connections');
      expect(stderr).toContain('remedy: Check address, port, firewall');
    }
    expect(inventory.code).toBe(6);
    expect(inventory.objects.filter(({ type }) => type === 'vm')).toHaveLength(5);
    expect(inventory.objects.at(-1)).toMatchObject({ type: 'host-failure', host: 'hv-gone' });
  }, 30_000);

  test('is waited for when it answers again after dropped connections', async () => {
    const faults = [{ method: 'enumerate', nth: [1, 2, 3], do: { drop: 'before' as const } }];
    const plan = writePlan(await simulate({ hosts: 1, scenario: { faults } }));
    const { code, stdout, stderr } = await failback(['preflight', plan], ENVIRONMENT);
    expect(stdout).toContain('ready');
    expect(stderr).toMatch(/^Host hv-dr-01 .*; trying again for a few seconds/);
    expect(code).toBe(0);
  }, 30_000);

  test('a wrong password ends a run with 6', async () => {
    const plan = writePlan(await simulate({ hosts: 1 }));
    const { code, stdout, stderr } = await failback(['run', plan, '--json', ...REDIS], { ...ENVIRONMENT, HV_PASSWORD: 'oops-wrong' });
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'host.unauthorized', exitCode: 6 });
    expect(stdout + stderr).not.toContain('oops-wrong');
  });
});

describe('inventory and preflight', () => {
  test('show names as they are, however strange, and never let them act on the terminal', async () => {
    const evil = 'evil\u202egnp.exe';
    const simulator = await simulate({ hosts: 1, scenario: { vms: [{ names: ['日本語サーバー', evil, 'Zürich 🏔️'] }] } });
    const plan = writePlan(simulator);
    for (const command of [
      ['inventory', plan],
      ['preflight', plan],
      ['run', plan, ...REDIS],
      ['status', ...REDIS],
      ['history', 'latest', ...REDIS],
    ]) {
      const { stdout, stderr } = await failback(command, ENVIRONMENT);
      expect(stdout + stderr).not.toMatch(ACTS_ON_TERMINALS);
    }
    const { stdout } = await failback(['inventory', plan], ENVIRONMENT);
    expect(stdout).toContain('evil\\u{202e}gnp.exe');
    expect(stdout).toContain('日本語サーバー');
    const json = await failback(['inventory', plan, '--json'], ENVIRONMENT);
    expect(json.objects.map(({ name }) => name)).toContain(evil);
    expect(json.stdout).not.toMatch(ACTS_ON_TERMINALS);
  });

  test('preflight says what is ready and why the rest is blocked', async () => {
    const simulator = await simulate({
      hosts: 1,
      scenario: { vms: [{ names: ['fine'] }, { names: ['on'], power: 2 }, { names: ['host-to-host'], provider: 'in-box' }] },
    });
    const plan = writePlan(simulator, { members: ['fine', 'on', 'host-to-host', 'typo'] });
    const { code, stdout } = await failback(['preflight', plan], ENVIRONMENT);
    expect(code).toBe(5);
    expect(stdout).toMatch(/plan\.yaml:\d+:\d+: error: "typo" is on no host of the plan/);
    expect(stdout).toMatch(/fine +hv-dr-01 +6 \(committed\) +provider +ready/);
    expect(stdout).toContain('power is 2 (running)');
    expect(stdout).toContain('the plan does not say which site is home');
    const json = await failback(['preflight', plan, '--json'], ENVIRONMENT);
    expect(json.objects.at(-1)).toMatchObject({ type: 'preflight-summary', members: 3, ready: 1, blocked: 2, problems: 1 });
    expect(stdout + json.stdout).not.toContain(PASSWORD);
  });
});
