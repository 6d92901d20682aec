/**
 * Where the processor time of recorded workers went: by area, then the functions with the most time of their own.
 *
 *   npm run bench -- --members 10000 --rounds 1 --profile DIR && node dist/bench/profile.js DIR [how many functions]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';

/** What is used here of V8's `.cpuprofile`. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface Spent {
  readonly area: string;
  readonly where: string;
  /** Milliseconds in the function itself. */
  own: number;
  /** With everything it called, until the next turn of the event loop. */
  whole: number;
}

/** "xstate", "bullmq", "ours: src/runtime", "node:net", "gc", "idle", "native". */
function areaOf({ functionName, url }: CallFrame): string {
  const npm = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (npm !== undefined) return npm;
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  const ours = /\/dist\/((?:src\/)?[^/]+)/.exec(url)?.[1];
  if (ours !== undefined) return `ours: ${ours}`;
  if (functionName === '(garbage collector)') return 'gc';
  return functionName === '(idle)' ? 'idle' : 'native';
}

function placeOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.split('/').slice(-2).join('/');
  return `${functionName || '(anonymous)'}${file ? ` ${file}:${lineNumber + 1}` : ''}`;
}

/** By function. Line numbers are those of `dist/`. */
function timesOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, Spent> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, Spent>();
  const of = (id: number): Spent => {
    const frame = frames.get(id) as CallFrame;
    const where = placeOf(frame);
    const known = spent.get(where) ?? { area: areaOf(frame), where, own: 0, whole: 0 };
    spent.set(where, known);
    return known;
  };
  samples.forEach((id, n) => {
    const took = (timeDeltas[n] ?? 0) / 1000;
    of(id).own += took;
    const seen = new Set<Spent>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const one = of(at);
      if (!seen.has(one)) one.whole += took;
      seen.add(one);
    }
  });
  return spent;
}

function print(name: string, spent: readonly Spent[], most: number): string {
  const busy = spent.filter(({ area }) => area !== 'idle');
  const total = busy.reduce((sum, { own }) => sum + own, 0);
  const share = (time: number) => `${((100 * time) / total).toFixed(1)} %`;
  const areas = new Map<string, number>();
  for (const { area, own } of busy) areas.set(area, (areas.get(area) ?? 0) + own);
  const byArea = tableOf(['area', 'ms', 'share']);
  for (const [area, own] of [...areas].sort((a, b) => b[1] - a[1])) if (own > total / 500) byArea.push([area, own.toFixed(0), share(own)]);
  const byFunction = tableOf(['function', 'area', 'own ms', 'share']);
  for (const { where, area, own } of busy.toSorted((a, b) => b.own - a.own).slice(0, most)) {
    byFunction.push([where, area, own.toFixed(0), share(own)]);
  }
  const ours = tableOf(['with what they called', 'area', 'ms', 'share']);
  const engines = busy.filter(({ area }) => /^ours|^bullmq$|^xstate$/.test(area)).toSorted((a, b) => b.whole - a.whole);
  for (const { where, area, whole } of engines.slice(0, most)) ours.push([where, area, whole.toFixed(0), share(whole)]);
  return `${name}: ${total.toFixed(0)} ms busy\n${byArea}\n${byFunction}\n${ours}`;
}

function tableOf(head: string[]): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

function printCommands(name: string, commands: Readonly<Record<string, { readonly calls: number; readonly ms: number }>>): string {
  const rows = tableOf(['command', 'calls', 'ms']);
  for (const [command, { calls, ms }] of Object.entries(commands).sort((a, b) => b[1].calls - a[1].calls))
    rows.push([command, calls, ms.toFixed(0)]);
  return `${name}\n${rows}`;
}

const [directory = '.', most = '25'] = process.argv.slice(2);
for (const file of readdirSync(directory).filter((name) => name.endsWith('.commands.json'))) {
  process.stdout.write(`${printCommands(file, JSON.parse(readFileSync(join(directory, file), 'utf8')))}\n`);
}
for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile;
  process.stdout.write(`${print(file, [...timesOf(profile).values()], Number(most))}\n`);
}
