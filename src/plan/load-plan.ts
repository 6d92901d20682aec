import { FailbackError } from '../domain/failure.ts';
import { errnoOf, readAtMost } from './bounded-read.ts';
import { type Finding, renderFinding } from './finding.ts';
import { parsePlan } from './parse-plan.ts';
import type { Plan } from './plan.ts';
import { MAX_PLAN_BYTES } from './yaml-source.ts';

/**
 * The text of a plan file, which must be UTF-8 and at most 1 MiB.
 * @throws FailbackError `plan.unreadable`
 */
export async function readPlanFile(path: string): Promise<string> {
  const bytes = await readAtMost(path, MAX_PLAN_BYTES).catch((cause: unknown) => {
    throw unreadable(path, reasonOf(cause), 'Check the path and its permissions.', cause);
  });
  if (bytes.length > MAX_PLAN_BYTES) throw unreadable(path, 'is larger than 1 MiB', 'Use globs or YAML anchors, or split the plan.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw unreadable(path, utf16 ? 'is UTF-16, not UTF-8' : 'is not UTF-8', 'Save the file as UTF-8.', cause);
  }
}

/**
 * Reads and checks a plan file. Warnings are dropped here; use `parsePlan` to see them.
 * @throws FailbackError `plan.unreadable`, or `plan.invalid` with every error on a line of its own
 */
export async function loadPlan(path: string): Promise<Plan> {
  const { plan, findings } = parsePlan(await readPlanFile(path), path);
  if (plan) return plan;
  throw invalidPlan(path, findings);
}

function invalidPlan(path: string, findings: readonly Finding[]): FailbackError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return new FailbackError({
    class: 'operator',
    code: 'plan.invalid',
    message: [`${path} has ${count}`, ...errors.map(renderFinding)].join('\n'),
    remedy: 'Correct the plan; `failback plan lint` checks it without touching a host.',
    details: { file: path, errors: errors.length },
  });
}

function reasonOf(cause: unknown): string {
  const code = errnoOf(cause);
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EACCES: 'must not be read by this account',
    EISDIR: 'is a directory',
  };
  if (code === null) return 'cannot be read';
  return known[code] ?? `cannot be read (${code})`;
}

function unreadable(path: string, reason: string, remedy: string, cause?: unknown): FailbackError {
  return new FailbackError(
    { class: 'operator', code: 'plan.unreadable', message: `plan ${path} ${reason}`, remedy, details: { file: path } },
    { cause },
  );
}
