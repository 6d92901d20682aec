import { randomInt } from 'node:crypto';
import type { RunId } from '../runtime/keys.ts';
import { usageError } from './usage.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** `<plan-name>-<yyyymmdd-hhmmss>-<4 random>` in UTC: fit for keys, file names and shells. */
export function newRunName(plan: string, now: number): RunId {
  const words = plan
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 40);
  const time = new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const tail = Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${words || 'run'}-${time}-${tail}`;
}

/** @throws FailbackError `usage.invalid` for a name that can not be used */
export function checkRunName(name: string): RunId {
  if (NAME.test(name) && name !== 'latest') return name;
  throw usageError(
    `${JSON.stringify(name)} can not be the name of a run`,
    'Use up to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit; "latest" has a meaning of its own.',
  );
}
