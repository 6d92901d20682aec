import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { type LedgerReading, readLedger } from '../../src/simulator/world/ledger.ts';
import { ownRedis, temporaryDirectory } from '../support/own-redis.ts';

/** How a `failback` process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SimulatedHost {
  readonly host: string;
  readonly site: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Files; with TLS only. */
  readonly caFile?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

/** What a plan says about how a host is logged on to, given the host and a reference to its password. */
export type AccessTo = (host: SimulatedHost, password: string) => Readonly<Record<string, unknown>>;

const BASIC: AccessTo = ({ username }, password) => ({ auth: 'basic', allowUnencrypted: true, credentials: { username, password } });

/** The product as its users have it: built files, separate processes, a Redis and simulated hosts of its own. */
export class Product {
  readonly directory = temporaryDirectory();
  readonly ledgerFile = join(this.directory, 'ledger.jsonl');
  readonly hosts: SimulatedHost[] = [];
  redisUrl = '';

  static async start(simulate: readonly string[], scenario?: unknown): Promise<Product> {
    const product = new Product();
    product.redisUrl = (await ownRedis({ directory: product.directory })).url;
    const args = ['simulate', '--port', '0', '--ledger', product.ledgerFile, ...simulate];
    if (scenario !== undefined) {
      const file = join(product.directory, 'scenario.yaml');
      writeFileSync(file, JSON.stringify(scenario));
      args.push('--scenario', file);
    }
    const wanted = Number(simulate[simulate.indexOf('--hosts') + 1]);
    const simulator = product.spawn(args);
    if (!simulator.stdout) throw new Error('no output');
    for await (const line of createInterface({ input: simulator.stdout })) {
      product.hosts.push(JSON.parse(line) as SimulatedHost);
      if (product.hosts.length === wanted) break;
    }
    return product;
  }

  /** Writes a plan of every VM the hosts have. */
  writePlan(overrides: Readonly<Record<string, unknown>> = {}, access: AccessTo = BASIC): string {
    const file = join(this.directory, 'plan.yaml');
    const hosts = Object.fromEntries(
      this.hosts.map((simulated) => {
        const { host, site, url, password } = simulated;
        const passwordFile = join(this.directory, `${host}.password`);
        writeFileSync(passwordFile, password, { mode: 0o600 });
        const place = 'home' in overrides ? { site } : {};
        return [host, { ...place, address: url, ...access(simulated, `file:${passwordFile}`), limits: { inFlight: 100 } }];
      }),
    );
    const plan = {
      version: 1,
      name: 'acceptance',
      hosts,
      defaults: {
        retry: { attempts: 20, delay: '200ms', max: '2s' },
        timeouts: { call: '10s', settle: '10s' },
        verify: { stable: '300ms' },
      },
      limits: { inFlight: 200 },
      members: [{ match: '*' }],
      ...overrides,
    };
    writeFileSync(file, JSON.stringify(plan, null, 2));
    return file;
  }

  /** Starts `failback ARGS`; it is killed at the latest when the test ends. */
  spawn(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...process.env, NO_COLOR: '1', FAILBACK_REDIS_URL: this.redisUrl, FAILBACK_DATA: this.directory, ...environment };
    const child = spawn(process.execPath, ['dist/src/bin/failback.js', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  /** Runs `failback ARGS` to its end. */
  run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return endOf(this.spawn(args, environment));
  }

  ledger(): LedgerReading | null {
    return existsSync(this.ledgerFile) ? readLedger(this.ledgerFile) : null;
  }

  /** `InitiateFailback` calls the hosts received, per VM. */
  callsPerVm(): readonly number[] {
    const calls = new Map<string | null, number>();
    for (const { vm, method } of this.ledger()?.calls ?? []) if (method === 'InitiateFailback') calls.set(vm, (calls.get(vm) ?? 0) + 1);
    return [...calls.values()];
  }
}

/** Collects the output of a process until it ends. */
export function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** The JSON lines of an output; fails on anything else. */
export function jsonLines(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
