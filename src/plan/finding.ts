/** One thing a plan file got wrong, at the place where it stands. */
export interface Finding {
  /** An `error` makes the plan unusable; a `warning` is worth a look. */
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
  /** Where in the plan, e.g. `members[2].vm`; empty for the file as a whole. */
  readonly path: string;
  /** One sentence, never holding a credential. */
  readonly message: string;
  /** What would be valid here. */
  readonly expected?: string;
}

/** `plan.yaml:3:5: message (valid: …)`; a warning says so after the place. */
export function renderFinding(finding: Finding): string {
  const level = finding.severity === 'warning' ? 'warning: ' : '';
  const valid = finding.expected === undefined ? '' : ` (valid: ${finding.expected})`;
  return `${finding.file}:${finding.line}:${finding.column}: ${level}${finding.message}${valid}`;
}

/** `['members', 2, 'vm']` → `members[2].vm`; keys that are not plain words are quoted. */
export function renderPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text;
}
