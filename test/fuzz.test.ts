import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { FailbackError } from '../src/domain/failure.ts';
import type { Summary } from './fuzz/campaign.ts';
import { INSIDE, outcomeOf } from './fuzz/outcome.ts';
import type { Player } from './fuzz/player.ts';
import { TARGETS } from './fuzz/run-cases.ts';
import { sampleOf } from './fuzz/sample.ts';
import { PASSWORD } from './fuzz/secrets.ts';
import { judge } from './fuzz/verdict.ts';

const CASES = 2_000;

/** Runs `npm run fuzz` in a process of its own. */
async function fuzz(...words: readonly string[]): Promise<{ code: unknown; said: string; told: string }> {
  const child = spawn(process.execPath, ['dist/test/fuzz/fuzz.js', ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [code, told, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, said, told };
}

test(`${CASES} mutated answers are read or refused by one of our errors, and a change never counts as made, or as not made, by mistake`, async () => {
  const { code, said, told } = await fuzz('--cases', String(CASES), '--seed', process.env.FAILBACK_TEST_SEED ?? '1');
  expect(code, said).toBe(0);
  const { cases, findings, outcomes } = JSON.parse(told) as Summary;
  expect({ cases, findings }).toEqual({ cases: CASES, findings: [] });
  expect(Object.keys(outcomes).sort()).toEqual(Object.keys(TARGETS).sort());
  // Mutations that leave nothing to be read, or everything as it was, find nothing.
  for (const target of ['readers', 'answers', 'client']) {
    const read = outcomes[target]?.read ?? 0;
    const all = Object.values(outcomes[target] ?? {}).reduce((sum, count) => sum + count, 0);
    expect(read / all, target).toBeGreaterThan(0.1);
    expect(read / all, target).toBeLessThan(0.7);
  }
}, 180_000);

describe('what is judged', () => {
  const failure = (more: Partial<FailbackError> = {}) =>
    new FailbackError({ class: 'reconcile', code: 'host.fault', message: 'no', details: { sent: true }, ...more });
  const body = (inner: string): string =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>${inner}</s:Body></s:Envelope>`;
  const output = body('<r:O xmlns:r="r"><r:ReturnValue>4096</r:ReturnValue></r:O>');

  /** A change that came in so often, and was answered like that. */
  function player(changes: number, answer: string, status = 200): Player {
    const wire = { status, contentType: 'application/soap+xml', contentEncoding: 'identity', authenticate: '', body: Buffer.from(answer) };
    return { operation: { name: 'initiateFailback', change: 'InitiateFailback' }, changes, answer: { wire, messageId: 'm' } } as Player;
  }

  test.each([
    ['an error that is not ours', new TypeError('x is not a function')],
    ['what is no error', 'no'],
    ['a secret in a message', failure({ message: `refused ${PASSWORD}` })],
    ['a secret in the details', failure({ details: { sent: true, reason: PASSWORD } })],
    ['an endless message', failure({ message: 'x'.repeat(5_000) })],
    ['a defect of our own', failure({ code: 'internal' })],
    ['a number that is none', failure({ details: { sent: true, native: Number.NaN } })],
  ])('%s is found', (_name, error) => {
    expect(() => outcomeOf(error, INSIDE)).toThrow(expect.objectContaining({ name: 'Finding' }));
  });

  test.each<[string, Player, Parameters<typeof judge>[1]]>([
    ['made twice', player(2, output), { value: { returnValue: 4096, jobId: null } }],
    ['with another return value than the host gave', player(1, output), { value: { returnValue: 0, jobId: null } }],
    ['with a job nobody named', player(1, output), { value: { returnValue: 4096, jobId: 'J' } }],
    ['that succeeds by a fault', player(1, body('<s:Fault/>')), { value: { returnValue: 0, jobId: null } }],
    ['that may be repeated after it was sent', player(1, output), { error: failure({ class: 'retryable' }) }],
    ['that counts as refused and was not', player(1, output), { error: failure({ class: 'operator', details: { sent: false } }) }],
    ['of which nobody knows whether it was sent', player(1, output), { error: failure({ details: {} }) }],
  ])('a change %s is found', (_name, played, ending) => {
    expect(() => judge(played, ending)).toThrow(expect.objectContaining({ name: 'Finding' }));
  });

  test('a change that was made, is in doubt, or was refused by the host is well', () => {
    expect(judge(player(1, output), { value: { returnValue: 4096, jobId: null } })).toBe('read');
    expect(judge(player(1, output), { error: failure() })).toBe('reconcile host.fault');
    const denied = body('<s:Fault><s:Code><s:Subcode><s:Value>w:AccessDenied</s:Value></s:Subcode></s:Code></s:Fault>');
    const refused = { error: failure({ class: 'operator', details: { sent: false } }) };
    expect(judge(player(1, denied, 500), refused)).toBe('operator host.fault');
    expect(judge(player(1, '', 403), refused)).toBe('operator host.fault');
  });

  test('elements are found where they stand', () => {
    const { text: document, elements } = sampleOf('<?xml version="1.0"?><a b="/"><c/><d>e</d></a>');
    expect(elements.map(({ start, end }) => document.slice(start, end))).toEqual(['<c/>', '<d>e</d>', '<a b="/"><c/><d>e</d></a>']);
  });
});
