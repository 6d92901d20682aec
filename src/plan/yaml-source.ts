import { Composer, type CST, isScalar, LineCounter, Parser } from 'yaml';
import type { SourcePosition } from './plan.ts';
import { yamlErrorSentence } from './yaml-errors.ts';
import { YamlIndex } from './yaml-index.ts';

/** Largest plan file, in bytes. */
export const MAX_PLAN_BYTES = 1024 * 1024;
/** A plan needs seven levels; beyond this the text is no plan, and the composer would run out of stack. */
const MAX_DEPTH = 50;
/** Nodes that aliases may stand for, all together. */
const MAX_ALIASED = 10_000;

export interface YamlProblem extends SourcePosition {
  readonly severity: 'error' | 'warning';
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A YAML text as data, with the place of everything in it. */
export interface YamlSource {
  /** Plain data; undefined when the text could not be read. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  /**
   * Where `path` stands: its value, or with `part: 'key'` its key. A path that does not exist is where its nearest
   * existing parent is; a path that goes on below an alias leads to the text the alias stands for.
   */
  locate(path: readonly PropertyKey[], part?: 'key' | 'value'): SourcePosition;
}

/** Reads one YAML 1.2 document of at most {@link MAX_PLAN_BYTES} bytes. Never throws. A leading byte order mark is skipped. */
export function readYaml(textWithMark: string): YamlSource {
  const text = textWithMark.startsWith('\uFEFF') ? textWithMark.slice(1) : textWithMark;
  if (Buffer.byteLength(text) > MAX_PLAN_BYTES) return unreadable('the file is larger than 1 MiB');
  if (text.trim() === '') return unreadable('the file is empty');
  try {
    return compose(text);
  } catch (error) {
    return unreadable(`the file cannot be read as YAML${error instanceof RangeError ? ': it is nested too deeply' : ''}`);
  }
}

function unreadable(message: string, position: SourcePosition = { line: 1, column: 1 }): YamlSource {
  return { data: undefined, problems: [{ severity: 'error', path: [], message, ...position }], locate: () => position };
}

function compose(text: string): YamlSource {
  // The parser overlooks line breaks inside some broken scalars, so lines are counted here.
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1);
  const at = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const tokens = [...new Parser().parse(text)];
  const tooDeep = firstBelow(tokens, MAX_DEPTH);
  if (tooDeep !== null) return unreadable('the file is nested too deeply', at(tooDeep));

  // Unique keys are checked by the index: the composer compares every key with every other one.
  const composer = new Composer({ prettyErrors: false, stringKeys: true, uniqueKeys: false, version: '1.2' });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) return unreadable('the file is empty');

  const problems: YamlProblem[] = [];
  const report = (offset: number, message: string, severity: 'error' | 'warning' = 'error', path: readonly PropertyKey[] = []) => {
    problems.push({ severity, path, message, ...at(offset) });
  };
  for (const error of document.errors) report(error.pos[0], yamlErrorSentence(error.code));
  for (const { code, pos } of document.warnings) if (code !== 'TAG_RESOLVE_FAILED') report(pos[0], yamlErrorSentence(code), 'warning');
  if (second) report(second.range[0], yamlErrorSentence('MULTIPLE_DOCS'));
  if (document.directives.yaml.explicit && document.directives.yaml.version !== '1.2') report(0, 'plans are YAML 1.2');
  const nothing = document.contents === null || (isScalar(document.contents) && document.contents.value === null);
  if (nothing && problems.length === 0) return unreadable('the file holds no plan');
  let readable = problems.every(({ severity }) => severity === 'warning');

  const index = new YamlIndex(document, (offset) => at(offset).line);
  for (const { offset, message, path, fatal } of index.problems) {
    report(offset, message, 'error', path);
    if (fatal) readable = false;
  }
  const locate = (path: readonly PropertyKey[], part: 'key' | 'value' = 'value') => at(index.locate(path, part));
  if (!readable) return { data: undefined, problems, locate };
  try {
    return { data: document.toJS({ maxAliasCount: MAX_ALIASED }), problems, locate };
  } catch {
    report(0, `the aliases of the file stand for more than ${MAX_ALIASED} nodes`);
    return { data: undefined, problems, locate };
  }
}

/** The offset of the first collection nested deeper than `limit`; null when there is none. Does not recurse. */
function firstBelow(tokens: readonly CST.Token[], limit: number): number | null {
  const open: [CST.Token, number][] = tokens.map((token) => [token, 0]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [token, depth] = next;
    if (depth > limit) return token.offset;
    if (token.type === 'document' && token.value) open.push([token.value, depth]);
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if (item.key) open.push([item.key, depth + 1]);
      if (item.value) open.push([item.value, depth + 1]);
    }
  }
  return null;
}
