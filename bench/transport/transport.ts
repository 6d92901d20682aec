/**
 * What a call costs by each way to reach a host and log on there, with connections that are kept and without. See docs/performance.md and
 * bench/README.md.
 *
 *   npm run bench:transport -- --calls 1000 --rounds 3
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { Child } from '../child.ts';
import { median } from '../statistics.ts';
import type { FromHosts, ToHosts } from './hosts-job.ts';
import { type Cost, keptConnections, looks, newConnections } from './measure.ts';
import { type Realm, startRealm } from './realm.ts';
import { type Way, waysTo } from './ways.ts';

const USAGE = `npm run bench:transport -- [options]
  --calls 1000       calls on kept connections a round; a fifth of them with new ones, a twentieth as looks at the whole host
  --at-once 4        calls at a time
  --vms 200          VMs on the host
  --rounds 3         medians are shown
  --powershell PATH  measure PowerShell, too
  --json`;

interface Options {
  readonly calls: number;
  readonly atOnce: number;
  readonly vms: number;
  readonly rounds: number;
  readonly powershell: string | null;
  readonly json: boolean;
}

/** One round of one way. */
interface Round {
  readonly kept: Cost;
  readonly fresh: Cost;
  readonly looks: Cost;
}

function readOptions(args: readonly string[]): Options {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      calls: { ...number, default: '1000' },
      'at-once': { ...number, default: '4' },
      vms: { ...number, default: '200' },
      rounds: { ...number, default: '3' },
      powershell: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  const whole = (name: 'calls' | 'at-once' | 'vms' | 'rounds'): number => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`--${name} takes whole numbers above 0, not ${JSON.stringify(values[name])}\n\n${USAGE}`);
  };
  const counts = { calls: whole('calls'), atOnce: whole('at-once'), vms: whole('vms'), rounds: whole('rounds') };
  return { ...counts, powershell: values.powershell ?? null, json: values.json };
}

async function measure(way: Way, hosts: Child<ToHosts, FromHosts>, served: FromHosts['host'], options: Options): Promise<Round> {
  // Processes start in seconds, requests take milliseconds.
  const scale = way.name === 'PowerShell' ? 0.1 : 1;
  const load = (share: number) => {
    const calls = Math.max(options.atOnce, Math.round(options.calls * share * scale));
    return { calls, atOnce: options.atOnce, hostsPid: hosts.pid };
  };
  return {
    kept: await keptConnections(way, served, load(1)),
    fresh: await newConnections(way, served, load(0.2)),
    looks: await looks(way, served, load(0.05)),
  };
}

async function run(
  options: Options,
  realm: Realm | null,
  hosts: Child<ToHosts, FromHosts>,
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const ways = waysTo(realm, options.powershell);
  const places = [];
  for (const way of ways) {
    const { host } = await hosts.ask({ type: 'serve', vms: options.vms, options: way.hosts }, 'serving');
    places.push({ way, host });
  }
  const rounds = new Map<string, Round[]>(ways.map(({ name }) => [name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const { way, host } of places) {
      const figures = await measure(way, hosts, host, options);
      rounds.get(way.name)?.push(figures);
      const { rate, cpu } = figures.kept;
      const load = loadavg()[0]?.toFixed(1);
      process.stderr.write(`round ${round}, load ${load}, ${way.name}: ${rate.toFixed(0)} calls/s, ${cpu.toFixed(2)} ms CPU\n`);
    }
  }
  return rounds;
}

const KINDS = ['kept', 'fresh', 'looks'] as const;

function medians(rounds: readonly Round[]): Round {
  const of = (kind: (typeof KINDS)[number]): Cost => ({
    rate: median(rounds.map((round) => round[kind].rate)),
    cpu: median(rounds.map((round) => round[kind].cpu)),
  });
  return { kept: of('kept'), fresh: of('fresh'), looks: of('looks') };
}

function print(rounds: ReadonlyMap<string, readonly Round[]>, { vms }: Options): string {
  const head = ['', 'calls/s', 'CPU ms', 'new: calls/s', 'CPU ms', `looks at ${vms} VMs/s`, 'CPU ms'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const [name, list] of rounds) {
    const shown = medians(list);
    table.push([name, ...KINDS.flatMap((kind) => [shown[kind].rate.toFixed(shown[kind].rate < 10 ? 1 : 0), shown[kind].cpu.toFixed(2)])]);
  }
  return `${table.toString()}\n`;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const directory = mkdtempSync(join(tmpdir(), 'failback-bench-'));
  const realm = await startRealm(directory);
  const hosts = new Child<ToHosts, FromHosts>('./transport/hosts-process.js');
  try {
    const rounds = await run(options, realm, hosts);
    const ways = Object.fromEntries([...rounds].map(([name, list]) => [name, medians(list)]));
    process.stdout.write(options.json ? `${JSON.stringify({ type: 'bench-transport', ...options, ways })}\n` : print(rounds, options));
  } finally {
    await hosts.kill();
    await realm?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
