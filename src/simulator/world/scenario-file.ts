import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { FailbackError } from '../../domain/failure.ts';
import { type Scenario, scenarioSchema } from './scenario.ts';

/**
 * Reads a scenario file (YAML).
 * @throws FailbackError `usage.invalid`; the message has a line `file:line:column: what is wrong` for every problem
 */
export function loadScenario(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid([`${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`], cause);
  }
  return parseScenario(text, path);
}

/**
 * @param text YAML
 * @param file name for messages
 * @throws FailbackError as {@link loadScenario}
 */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) throw invalid(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`));
  const parsed = scenarioSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.flatMap(deepest).map((issue) => `${at(offsetOf(document, issue))}: ${describe(issue)}`));
}

/** A union fails with one list of problems for each of its forms; the shortest is the form that was meant. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const forms = issue.errors.filter((form) => form.some((one) => one.path.length > 0));
  const meant = forms.sort((one, other) => one.length - other.length)[0];
  return meant ? meant.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) : [issue];
}

function describe(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.join(', ')}${where ? ` in ${where}` : ''}`;
  return `${where || 'the file'}: ${issue.message}`;
}

function offsetOf(document: Document, issue: z.core.$ZodIssue): number {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true);
    if (issue.code === 'unrecognized_keys' && isMap(node)) {
      const key = node.items.find((item) => isScalar(item.key) && issue.keys.includes(String(item.key.value)))?.key;
      if (isScalar(key) && key.range) return key.range[0];
    }
    if (isNode(node)) return node.range[0];
  }
  return 0;
}

function isNode(value: unknown): value is { range: [number, number, number] } {
  return typeof value === 'object' && value !== null && 'range' in value && Array.isArray(value.range);
}

function invalid(problems: readonly string[], cause?: unknown): FailbackError {
  return new FailbackError(
    { class: 'permanent', code: 'usage.invalid', message: problems.join('\n'), remedy: 'Correct the scenario file.' },
    { cause },
  );
}
