import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, folder, PASSWORD, simulate, writePlan } from './command-line.ts';

const { url } = useRedis();
const BIN = 'dist/src/bin/failback.js';

interface Process {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
  until(text: string): Promise<void>;
}

/** The built program as users start it. */
function launch(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const child = spawn(process.execPath, [BIN, ...argv], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    output,
    ended,
    until: async (text) => {
      while (!output.stdout.includes(text) && !output.stderr.includes(text)) {
        const next = await Promise.race([
          ended.then(() => 'ended' as const),
          once(child.stdout as NodeJS.ReadableStream & NodeJS.EventEmitter, 'data'),
          once(child.stderr as NodeJS.ReadableStream & NodeJS.EventEmitter, 'data'),
        ]);
        if (next === 'ended') throw new Error(`ended without saying ${text}: ${output.stderr}`);
      }
    },
  };
}

describe('the program', () => {
  test('runs a plan: JSON on stdout alone, secrets nowhere, exit 0', async () => {
    const plan = writePlan(await simulate());
    const { output, ended } = launch(['run', plan, '--json', '--redis', url], { ...ENVIRONMENT, FAILBACK_LOG: 'debug' });
    expect(await ended).toBe(0);
    const lines = output.stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ type: 'summary', completed: 5 });
    for (const line of output.stderr
      .trimEnd()
      .split('\n')
      .filter((text) => text.startsWith('{')))
      expect(() => JSON.parse(line)).not.toThrow();
    expect(output.stdout + output.stderr).not.toContain(PASSWORD);
    expect(output.stdout + output.stderr).not.toContain(Buffer.from(`hvadmin:${PASSWORD}`).toString('base64'));
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with 130, says how to go on, and the run resumes', async (signal) => {
    const plan = writePlan(await simulate({ hosts: 1, vms: 3, speed: 100 }));
    const first = launch(['run', plan, '--redis', url], { ...ENVIRONMENT, FAILBACK_LOG: 'error' });
    await first.until('data is on its way home');
    first.child.kill(signal);
    expect(await first.ended).toBe(130);
    expect(first.output.stderr).toContain(`resumes with: failback run ${plan}`);
    const second = launch(['run', plan, '--json', '--redis', url], ENVIRONMENT);
    expect(await second.ended).toBe(0);
    expect(second.output.stdout).toContain('"resumed":true');
    expect(second.output.stdout).toMatch(/"completed":3,.*"initiateCalls":3,.*}\n$/);
  });

  test('a second ctrl-C does not wait', async () => {
    const plan = writePlan(
      await simulate({ hosts: 1, vms: 2, speed: 1, scenario: { faults: [{ method: 'InitiateFailback', do: { delayAfterMs: 30_000 } }] } }),
    );
    const running = launch(['run', plan, '--redis', url], { ...ENVIRONMENT, FAILBACK_LOG: 'error' });
    await running.until('failback: calling the host');
    running.child.kill('SIGINT');
    await running.until('press ctrl-C again');
    running.child.kill('SIGINT');
    expect(await running.ended).toBe(130);
  });

  test('simulate prints one JSON line a host and serves until it is stopped', async () => {
    const simulator = launch(['simulate', '--hosts', '2', '--vms', '3', '--password', 'env:HV_PASSWORD'], ENVIRONMENT);
    await simulator.until('hv-dr-02');
    const hosts = simulator.output.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { host: string; url: string; username: string; password: string; vms: unknown[] });
    expect(hosts).toEqual([
      expect.objectContaining({ host: 'hv-dr-01', password: PASSWORD }),
      expect.objectContaining({ host: 'hv-dr-02' }),
    ]);
    const plan = writePlan({ hosts: hosts.map(({ host, ...rest }) => ({ name: host, ...rest })) });
    const inventory = launch(['inventory', plan, '--json'], ENVIRONMENT);
    expect(await inventory.ended).toBe(0);
    expect(inventory.output.stdout.trimEnd().split('\n')).toHaveLength(3);
    simulator.child.kill('SIGTERM');
    expect(await simulator.ended).toBe(0);
  });

  test('demo needs nothing, leaves a report and a plan, and its Redis can be asked later', async () => {
    const FAILBACK_DATA = folder();
    const demo = launch(['demo', '--vms', '4', '--speed', '600'], { FAILBACK_DATA });
    expect(await demo.ended).toBe(0);
    expect(demo.output.stdout).toContain('4 of 4 home');
    const [report = ''] = readdirSync(join(FAILBACK_DATA, 'reports'));
    expect(readFileSync(join(FAILBACK_DATA, 'reports', report), 'utf8')).toContain('4 of 4 virtual machines are home');
    expect(demo.output.stderr).toContain(report);
    const lint = launch(['plan', 'lint', join(FAILBACK_DATA, 'demo', 'plan.yaml')]);
    expect(await lint.ended).toBe(0);
    const password = readFileSync(join(FAILBACK_DATA, 'demo', 'hv-dr-01.password'), 'utf8').trim();
    expect(demo.output.stdout + demo.output.stderr).not.toContain(password);
    expect(existsSync(join(FAILBACK_DATA, 'redis', 'redis.pid'))).toBe(false);
  });
});
