import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Repository path of a file of ours; null for packages and Node's own modules. */
  readonly target: string | null;
  /** Gone after compilation: `import type`, `export type … from`, `import('…')` in a type. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Something that makes a function's result depend on more than its arguments. */
export interface Impurity {
  readonly name: string;
  readonly line: number;
}

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly impurities: readonly Impurity[];
}

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

const ROOT = join(import.meta.dirname, '../..');
const OUTSIDE_WORLD = [
  'process',
  'performance',
  'crypto',
  'console',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
];

/** All TypeScript files below the given folders; a folder that is not there has none. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => {
    const entries = readdirSync(ROOT, { withFileTypes: true }).some(({ name }) => name === folder.split('/')[0])
      ? readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      : [];
    const files = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name));
    return files.sort().map((file) => parseSource(relative(ROOT, file).split(sep).join('/'), readFileSync(file, 'utf8')));
  });
}

/** Imports of every kind and impure references of one file. `path` gives relative imports their meaning. */
export function parseSource(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const impurities: Impurity[] = [];
  const lineOf = (node: Node) => text.slice(0, node.start).split('\n').length;

  const visit = (node: Node): void => {
    const source = importedModule(node);
    if (source !== undefined) {
      const specifier = source ?? '(not a literal)';
      const target = specifier.startsWith('.') ? posix.join(dirname(path), specifier) : null;
      imports.push({ specifier, target, typeOnly: isTypeOnly(node), line: lineOf(node) });
    }
    const impurity = impurityOf(node);
    if (impurity !== undefined) impurities.push({ name: impurity, line: lineOf(node) });
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node);
  return { path, lines: text.split('\n').length - 1, imports, impurities };
}

/** The module a node imports; null when it is computed, undefined when the node imports nothing. */
function importedModule(node: Node): string | null | undefined {
  const isImport = /^(ImportDeclaration|ImportExpression|TSImportType|ExportAllDeclaration|ExportNamedDeclaration)$/.test(node.type);
  if (!isImport || node.source === null) return undefined;
  const { value } = node.source as Node;
  return typeof value === 'string' ? value : null;
}

function isTypeOnly(node: Node): boolean {
  return node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';
}

function impurityOf(node: Node): string | undefined {
  const callee = node.callee as Node | undefined;
  switch (node.type) {
    case 'NewExpression':
      return callee?.name === 'Date' && (node.arguments as unknown[]).length === 0 ? 'new Date()' : undefined;
    case 'CallExpression':
      return callee?.type === 'Identifier' && (callee.name === 'Date' || OUTSIDE_WORLD.includes(String(callee.name)))
        ? `${callee.name}()`
        : undefined;
    case 'MemberExpression': {
      const [object, property] = [(node.object as Node).name, (node.property as Node).name];
      if (object === 'Date' && property === 'now') return 'Date.now';
      if (object === 'Math' && property === 'random') return 'Math.random';
      return (node.object as Node).type === 'Identifier' && OUTSIDE_WORLD.includes(String(object)) ? String(object) : undefined;
    }
    default:
      return undefined;
  }
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string');
}
