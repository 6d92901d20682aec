import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILURE_CODES } from '../../src/domain/failure.ts';

test('every failure code has a place in docs/errors.md, and no other code has', () => {
  const text = readFileSync('docs/errors.md', 'utf8');
  const documented = [...text.matchAll(/^(?:### |## |\| )`([a-z.-]+)`/gm)].map(([, code]) => code);
  expect([...documented].sort()).toEqual([...FAILURE_CODES].sort());
});
