import { isBuiltin } from 'node:module';
import { describe, expect, test } from 'vitest';
import { type Import, parseSource, readSources, type SourceFile } from './support/source-file.ts';

interface Rule {
  /** Folders or files of ours it may import, beside itself; a trailing `(types)` allows only what compilation erases. */
  readonly ours: readonly string[];
  /** The only packages it may import; absent: any but the engines below. */
  readonly packages?: readonly string[];
  /** Engines it may import nevertheless. */
  readonly engines?: readonly string[];
  /** No Node module, no clock, no randomness, nothing of the outside world. */
  readonly pure?: true;
}

const HOST_PORT = 'src/hyperv/hyperv-host.ts (types)';

/** Who may import whom. A folder that is not here may not exist. */
const RULES: Readonly<Record<string, Rule>> = {
  'src/domain': { ours: [], packages: ['zod'], pure: true },
  machines: { ours: ['src/domain'], packages: ['xstate'], pure: true },
  'src/redis': { ours: ['src/domain'], packages: ['ioredis', 'zod'] },
  'src/runtime': { ours: ['src/domain', 'machines', 'src/redis'], packages: ['bullmq', 'ioredis', 'xstate', 'zod'] },
  'src/gssapi': { ours: [], packages: ['koffi'] },
  'src/hyperv': { ours: ['src/domain', 'src/gssapi'] },
  workers: { ours: ['src/domain', 'src/hyperv', 'src/runtime', 'machines (types)'], engines: ['bullmq', 'ioredis'] },
  'src/simulator': { ours: ['src/domain', 'src/gssapi'] },
  'src/plan': { ours: ['src/domain', HOST_PORT] },
  'src/report': { ours: ['src/domain', 'src/runtime'] },
  'src/cli': { ours: ['src/domain', 'machines', 'src/runtime', 'src/plan', 'src/report', 'src/redis', HOST_PORT], engines: ['ioredis'] },
  'src/api': { ours: ['src/domain', 'machines', 'src/runtime', 'src/plan', 'src/report', 'src/redis', HOST_PORT], engines: ['ioredis'] },
  'src/dashboard': { ours: [] },
  'src/bin': { ours: ['src', 'machines', 'workers'], engines: ['bullmq', 'ioredis', 'xstate'] },
};

/** What carries the runtime: only the folders that name one may import it. */
const ENGINES = ['bullmq', 'ioredis', 'xstate'];
const MAX_LINES = 300;

const product = readSources(['src', 'machines', 'workers']);

function folderOf(path: string): string {
  return path.startsWith('src/') ? path.split('/').slice(0, 2).join('/') : (path.split('/')[0] ?? path);
}

function violationsOf(file: SourceFile): string[] {
  const folder = folderOf(file.path);
  const rule = RULES[folder];
  if (rule === undefined) return [`${file.path}:1 lies in ${folder}, which no rule knows`];
  const imports = file.imports
    .filter((item) => !mayImport(rule, folder, item))
    .map(
      ({ specifier, typeOnly, line }) =>
        `${file.path}:${line} imports ${typeOnly ? 'types from ' : ''}${specifier}; ${describeRule(folder, rule)}`,
    );
  const impurities =
    rule.pure === undefined ? [] : file.impurities.map(({ name, line }) => `${file.path}:${line} uses ${name}; ${folder} is pure`);
  return [...imports, ...impurities];
}

function mayImport(rule: Rule, folder: string, { specifier, target, typeOnly }: Import): boolean {
  if (target !== null) return isInside(target, folder) || rule.ours.some((entry) => allows(entry, target, typeOnly));
  if (isBuiltin(specifier)) return rule.pure === undefined;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (rule.packages !== undefined) return rule.packages.includes(name);
  return !ENGINES.includes(name) || (rule.engines ?? []).includes(name);
}

function allows(entry: string, target: string, typeOnly: boolean): boolean {
  const [, path = '', types] = /^(\S+)( \(types\))?$/.exec(entry) ?? [];
  return isInside(target, path) && (types === undefined || typeOnly);
}

function isInside(target: string, path: string): boolean {
  return target === path || target.startsWith(`${path}/`);
}

function describeRule(folder: string, { ours, packages, engines = [] }: Rule): string {
  const others =
    packages === undefined ? `packages other than ${ENGINES.filter((name) => !engines.includes(name)).join(', ')}` : packages.join(', ');
  return `${folder} may import ${[folder, ...ours].join(', ')} and ${others}`;
}

/** One way round in the graph of folders, e.g. "a -> b -> a"; undefined when there is none. */
function findCycle(files: readonly SourceFile[]): string | undefined {
  const edges = new Map<string, Map<string, string>>();
  for (const { path, imports } of files) {
    for (const { target, line } of imports) {
      const [from, to] = [folderOf(path), folderOf(target ?? path)];
      if (from !== to) edges.set(from, (edges.get(from) ?? new Map<string, string>()).set(to, `${path}:${line}`));
    }
  }
  const done = new Set<string>();
  const walk = (folder: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(folder)) return [...trail.slice(trail.indexOf(folder)), folder].join(' -> ');
    if (done.has(folder)) return undefined;
    done.add(folder);
    for (const [next, place] of edges.get(folder) ?? []) {
      const cycle = walk(next, [...trail, folder]);
      if (cycle !== undefined) return trail.length === 0 ? `${cycle} (${place})` : cycle;
    }
    return undefined;
  };
  return [...edges.keys()].map((folder) => walk(folder, [])).find((cycle) => cycle !== undefined);
}

describe('the source', () => {
  test('keeps the dependency rule', () => {
    expect(product.flatMap(violationsOf)).toEqual([]);
  });

  test('has no part of the product importing a composition root', () => {
    const importers = product.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => target !== null && isInside(target, 'src/bin')).map(({ line }) => `${path}:${line}`),
    );
    expect(importers.filter((place) => !place.startsWith('src/bin/'))).toEqual([]);
  });

  test('has no cycle between folders', () => {
    expect(findCycle(product)).toBeUndefined();
  });

  test('names every imported module literally', () => {
    const computed = product.flatMap(({ path, imports }) =>
      imports.filter(({ specifier }) => specifier === '(not a literal)').map(({ line }) => `${path}:${line}`),
    );
    expect(computed).toEqual([]);
  });

  test(`has no file of ${MAX_LINES} lines or more`, () => {
    expect(product.filter(({ lines }) => lines >= MAX_LINES).map(({ path, lines }) => `${path}:${lines}`)).toEqual([]);
  });
});

describe('the rule', () => {
  const check = (path: string, text: string) => violationsOf(parseSource(path, text)).map((violation) => violation.split(';')[0]);

  test('sees every way to import, and its line', () => {
    const text = [
      "import type { A } from '../src/simulator/a.ts';",
      "export * from '../workers/b.ts';",
      "type C = import('../src/cli/c.ts').C;",
      "export const d = () => import('node:fs');",
      "import 'bullmq';",
      "// import { no } from '../src/plan/no.ts';",
      "const text = `import '../src/plan/no.ts'`;",
    ].join('\n');
    expect(check('machines/example.ts', text)).toEqual([
      'machines/example.ts:1 imports types from ../src/simulator/a.ts',
      'machines/example.ts:2 imports ../workers/b.ts',
      'machines/example.ts:3 imports types from ../src/cli/c.ts',
      'machines/example.ts:4 imports node:fs',
      'machines/example.ts:5 imports bullmq',
    ]);
  });

  test('sees clocks and randomness in pure folders, but not dates made from data', () => {
    const text = [
      'const a = Date.now();',
      'const b = Math.random();',
      'const c = new Date();',
      'const d = new Date(0);',
      'setTimeout(d, 1);',
    ].join('\n');
    expect(check('machines/example.ts', text)).toEqual([
      'machines/example.ts:1 uses Date.now',
      'machines/example.ts:2 uses Math.random',
      'machines/example.ts:3 uses new Date()',
      'machines/example.ts:5 uses setTimeout()',
    ]);
    expect(check('src/redis/example.ts', text)).toEqual([]);
  });

  test('keeps the simulator and the client apart, and the command line away from both', () => {
    expect(check('src/simulator/wire/a.ts', "import { b } from '../../hyperv/b.ts';")).toHaveLength(1);
    expect(check('src/hyperv/wsman/a.ts', "import { b } from '../../simulator/b.ts';")).toHaveLength(1);
    expect(check('src/cli/a.ts', "import { b } from '../simulator/b.ts';")).toHaveLength(1);
    expect(check('src/cli/a.ts', "import type { b } from '../../workers/b.ts';")).toHaveLength(1);
    expect(check('src/cli/a.ts', "import { b } from '../hyperv/hyperv-host.ts';")).toHaveLength(1);
    expect(check('src/cli/a.ts', "import type { b } from '../hyperv/hyperv-host.ts';")).toEqual([]);
  });

  test('finds a cycle between folders', () => {
    const files = [parseSource('src/plan/a.ts', "import '../cli/b.ts';"), parseSource('src/cli/b.ts', "import '../plan/a.ts';")];
    expect(findCycle(files)).toContain('src/plan -> src/cli -> src/plan');
  });
});
