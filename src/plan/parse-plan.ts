import { dirname, resolve } from 'node:path';
import { type CrossProblem, crossCheck } from './cross-checks.ts';
import { describeIssues, isRecord } from './describe-issue.ts';
import { type Finding, renderPath } from './finding.ts';
import { normalisePlan } from './normalise-plan.ts';
import type { Plan } from './plan.ts';
import { type PlanInput, planSchema } from './plan-schema.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** More findings than this are counted, not listed. */
const MAX_FINDINGS = 1000;

export interface ParsedPlan {
  /** Null when at least one finding is an error. */
  readonly plan: Plan | null;
  /** All findings, in the order of the file. */
  readonly findings: readonly Finding[];
}

/**
 * Reads a plan. Never throws, whatever the text; finds everything that is wrong at once (after YAML syntax errors nothing
 * else is looked for), and never repeats a credential.
 * @param file name for the findings; relative paths in the plan start at its folder
 */
export function parsePlan(text: string, file: string): ParsedPlan {
  const source = readYaml(text);
  const { input, problems } = source.data === undefined ? { input: null, problems: [] } : check(source.data);
  const findings = [
    ...source.problems.map(({ path, ...problem }) => ({ file, path: renderPath(path), ...problem })),
    ...problems.map((problem) => toFinding(problem, source, file)),
  ]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    // One value can break several rules of the schema that are put in the same words.
    .filter((finding, n, all) => !isSame(finding, all[n - 1]));
  const broken = findings.some(({ severity }) => severity === 'error');
  if (broken || input === null) return { plan: null, findings: cut(findings) };
  return { plan: normalisePlan(input, dirname(resolve(file)), (member) => source.locate(['members', member])), findings: cut(findings) };
}

/** Everything wrong with the data, and the data as a plan's when its shape is right. */
function check(data: unknown): { readonly input: PlanInput | null; readonly problems: readonly CrossProblem[] } {
  const result = planSchema.safeParse(data);
  if (result.success) return { input: result.data, problems: crossCheck(data) };
  // Whoever wrote waves did not forget the members.
  const wavesInstead = isRecord(data) && Object.hasOwn(data, 'waves') && !Object.hasOwn(data, 'members');
  const ofShape = describeIssues(result.error.issues, data)
    .filter(({ path }) => !(wavesInstead && path.length === 1 && path[0] === 'members'))
    .map((issue): CrossProblem => ({ severity: 'error', ...issue }));
  return { input: null, problems: [...ofShape, ...crossCheck(data)] };
}

function toFinding(problem: CrossProblem, source: YamlSource, file: string): Finding {
  const { severity, path, part, message, expected } = problem;
  return { severity, file, ...source.locate(path, part), path: renderPath(path), message, ...(expected === undefined ? {} : { expected }) };
}

function isSame(finding: Finding, other: Finding | undefined): boolean {
  return other !== undefined && finding.path === other.path && finding.message === other.message;
}

function cut(findings: readonly Finding[]): readonly Finding[] {
  const last = findings[MAX_FINDINGS - 1];
  if (findings.length <= MAX_FINDINGS || !last) return findings;
  const { file, line, column } = last;
  const message = `and ${findings.length - MAX_FINDINGS} more findings from here on`;
  return [...findings.slice(0, MAX_FINDINGS), { severity: 'error', file, line, column, path: '', message }];
}
