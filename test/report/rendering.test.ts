import { describe, expect, test } from 'vitest';
import type { MemberStatus } from '../../src/domain/member.ts';
import { MEMBER_STATUSES } from '../../src/domain/member.ts';
import { durationWords } from '../../src/report/duration-words.ts';
import { eventWords } from '../../src/report/event-words.ts';
import { printable, printableLines } from '../../src/report/printable.ts';
import { renderCsv } from '../../src/report/render-csv.ts';
import { renderHtml } from '../../src/report/render-html.ts';
import { renderMarkdown } from '../../src/report/render-markdown.ts';
import type { MemberReport, RunReport } from '../../src/report/run-report.ts';
import { stateWords } from '../../src/report/state-words.ts';
import { whyOf } from '../../src/report/why.ts';
import type { JournalEntry } from '../../src/runtime/journal.ts';
import { ACTS_ON_TERMINALS } from '../cli/terminal-text.ts';

const EVIL = `</td><script>alert('x')</script> | [a](javascript:b) "q" \u001b[2J\u202e`;

function member(some: Partial<MemberReport>): MemberReport {
  return {
    vm: 'web-001',
    vmId: '6B2F0C7E-0000-4000-8000-00000000CAFE',
    host: 'hv-dr-01',
    partner: null,
    strategy: 'provider',
    outcome: 'completed',
    state: 'completed',
    startedAt: '2026-01-01T03:00:01.000Z',
    endedAt: '2026-01-01T03:01:00.000Z',
    durationMs: 59_000,
    skipped: [],
    downtime: null,
    pointsOfNoReturn: [],
    drill: null,
    calls: [
      {
        at: '2026-01-01T03:00:02.000Z',
        step: 'failback',
        attempt: 1,
        returnValue: 4096,
        jobId: 'J',
        words: 'answered 4096 (job started), job J',
      },
    ],
    sightings: [
      {
        at: '2026-01-01T03:00:03.000Z',
        host: 'hv-dr-01',
        replicationState: 13,
        replicationHealth: 2,
        replicationMode: 2,
        power: 3,
        job: { jobId: 'J', state: 4, errorCode: 0 },
      },
      {
        at: '2026-01-01T03:00:59.000Z',
        host: 'hv-dr-01',
        replicationState: 14,
        replicationHealth: 2,
        replicationMode: 2,
        power: 2,
        job: null,
      },
    ],
    failures: [],
    failure: null,
    why: null,
    timeline: [
      { at: '2026-01-01T03:00:01.000Z', from: 'pending', to: 'failback: checking', event: 'failback.admit', words: 'its turn has come' },
    ],
    ...some,
  };
}

function report(members: readonly MemberReport[], some: Partial<RunReport> = {}): RunReport {
  const counts = Object.fromEntries(MEMBER_STATUSES.map((status) => [status, members.filter(({ outcome }) => outcome === status).length]));
  return {
    type: 'report',
    version: 1,
    run: 'milan-1',
    plan: 'milan',
    state: 'finished',
    adopt: false,
    startedAt: '2026-01-01T03:00:00.000Z',
    startedBy: 'op@here',
    endedAt: '2026-01-01T03:01:00.000Z',
    durationMs: 60_000,
    generatedAt: '2026-01-01T04:00:00.000Z',
    generatedBy: 'alice@jump01',
    total: members.length,
    counts: counts as Record<MemberStatus, number>,
    intent: 'failback',
    goal: 'home',
    strategies: { provider: members.length },
    downtime: null,
    skippedSteps: 0,
    calls: { initiateFailback: 1 },
    hosts: [{ name: 'hv-dr-01', address: 'https://hv-dr-01.example.net:5986/wsman', inFlight: 3 }],
    timeline: [],
    members,
    ...some,
  };
}

describe('the HTML report', () => {
  test('says the outcome in words, with the states that prove it', () => {
    const page = renderHtml(report([member({})]));
    expect(page).toContain('1 of 1 virtual machines are home');
    expect(page).toContain('13 → 14');
    expect(page).toContain('<td>14 (failback complete)</td>');
    expect(page).toContain('2026-01-01T04:00:00.000Z by alice@jump01');
  });

  test('lets nothing from outside become markup, wherever it stands', () => {
    const failure = { class: 'operator' as const, code: 'internal' as const, message: EVIL, remedy: EVIL };
    const evil = member({
      vm: EVIL,
      host: EVIL,
      vmId: EVIL,
      outcome: 'failed',
      failure,
      why: EVIL,
      failures: [{ at: 'now', ...failure }],
      timeline: [{ at: 'now', from: EVIL, to: EVIL, event: EVIL, words: EVIL }],
      calls: [{ at: 'now', step: EVIL, attempt: 1, returnValue: null, jobId: EVIL, words: EVIL }],
    });
    const page = renderHtml(report([evil], { plan: EVIL, generatedBy: EVIL, hosts: [{ name: EVIL, address: EVIL, inFlight: 1 }] }));
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(ACTS_ON_TERMINALS);
    expect(page).toContain('&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
    expect(page.match(/<td/g)?.length).toBe(page.match(/<\/td>/g)?.length);
  });

  test('needs nothing from elsewhere and runs nothing', () => {
    const page = renderHtml(report([member({})]));
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<(script|link|img|iframe)|\ssrc=|url\(|@import/);
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  test('says in the table why a VM is not home, and gives the remedy with its evidence', () => {
    const failure = {
      class: 'operator' as const,
      code: 'wmi.access-denied' as const,
      message: 'Access denied',
      remedy: 'Add the account.',
    };
    const members = [member({ outcome: 'attention', endedAt: null, durationMs: null, failure, why: 'Access denied' }), member({})];
    const page = renderHtml(report(members));
    expect(page).toContain('<th scope="col">Why</th>');
    expect(page).toContain('waits for a person</td><td class="why">Access denied</td>');
    expect(page).toContain('<strong>Remedy:</strong> Add the account.');
    const text = renderMarkdown(report(members));
    expect(text).toContain('| waits for a person | - | 1 | Access denied |');
    expect(text).toContain('**waits for a person**: Access denied **Remedy:** Add the account.');
    expect(renderCsv(report(members)).split('\r\n')[1]).toContain(',Access denied,provider,');
  });

  test('says that a run has not ended', () => {
    const page = renderHtml(
      report([member({ outcome: 'attention', endedAt: null, durationMs: null })], { endedAt: null, state: 'running' }),
    );
    expect(page).toContain('0 of 1 virtual machines are home</strong>: 1 waits for a person (the run has not ended)');
  });
});

test('the CSV report gives spreadsheets no formulas and keeps its columns', () => {
  const lines = renderCsv(report([member({ vm: '=cmd|calc', host: 'a,"b"' })])).split('\r\n');
  expect(lines[1]).toMatch(/^'=cmd\|calc,6B2F0C7E-[^,]*,"a,""b""",completed,/);
  expect(lines[1]).toContain(',4096,13 14,');
});

test('the Markdown report escapes what would be markup', () => {
  const text = renderMarkdown(report([member({ vm: EVIL })]));
  expect(text).not.toContain('<script');
  expect(text).not.toContain('[a](');
  expect(text).toContain('&lt;script&gt;');
});

describe('why a member is not home', () => {
  const failure = { class: 'operator' as const, code: 'internal' as const, message: 'it broke' };
  test.each([
    [{ status: 'completed', failure }, null],
    [{ status: 'failed', failure, asked: 'pause asked for' }, 'it broke'],
    [{ status: 'cancelled', asked: 'cancel asked for (by a: wrong site)' }, 'cancel asked for (by a: wrong site)'],
    [{ status: 'quarantined', failure, askedOfRun: 'cancel asked for (by b)' }, 'it broke; cancel asked for (by b)'],
    [{ status: 'pending', state: 'pending', askedOfRun: 'pause asked for (by b)' }, 'pause asked for (by b)'],
    [{ status: 'pending', state: 'pending' }, 'waits for its turn'],
  ] as const)('%j: %s', (some, words) => {
    expect(whyOf({ state: 'failback: x', failure: null, asked: null, askedOfRun: null, ...some })).toBe(words);
  });
});

describe('words', () => {
  test.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [999.4, '999 ms'],
    [59_999, '59.9 s'],
    [60_000, '1m 00s'],
    [3_599_999, '59m 59s'],
    [7_800_000, '2h 10m'],
    [273_600_000, '3d 04h'],
  ])('%d ms is %s', (ms, words) => {
    expect(durationWords(ms)).toBe(words);
  });

  test('control characters, reordering marks and lone surrogates stay visible and harmless', () => {
    expect(printable('a\u001b[31mb\u009bc\u202ed\ne\ud800')).toBe('a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\u{a}e\\u{d800}');
    expect(printable('日本語 👩‍💻 Zürich')).toBe('日本語 👩‍💻 Zürich');
    expect(printableLines('a\r\nb\u0007')).toBe('a\nb\\u{7}');
  });

  test('states read as sentences, unknown ones as they are', () => {
    expect(stateWords('failback: tracking.going')).toBe('failback: data is on its way home');
    expect(stateWords('verify: proving.waiting')).toBe('verify: must stay up for a while');
    expect(stateWords('failback: someday.new')).toBe('failback: someday.new');
    expect(stateWords('completed')).toBe('home');
  });

  test.each([
    ['xstate.done.actor.call', { output: { returnValue: 4096, jobId: 'J1' } }, 'answered 4096 (job started), job J1'],
    ['xstate.done.actor.call', { output: { returnValue: 32774, jobId: null } }, 'the call returned 32774 (System is in use)'],
    ['xstate.error.actor.call', { error: { message: 'connection cut' } }, 'connection cut'],
    ['xstate.after.backOff.failback.backingOff', {}, 'the wait before the next attempt is over'],
    ['failback.retry', { reason: 'by alice' }, 'retry asked for (by alice)'],
    ['host.observed', { vm: null }, 'seen: the host does not have the VM'],
    [
      'host.observed',
      { vm: { replication: { state: 13 }, power: 3 }, job: { jobState: 10, errorCode: 32768 } },
      'seen: replication state 13 (failback in progress), VM 3 (off), job 10 (exception) with error 32768',
    ],
  ])('%s %j reads "%s"', (event, data, words) => {
    const entry: JournalEntry = { position: '1-0', id: 'm0', at: 0, event, from: 'a', to: 'b', revision: 1, data };
    expect(eventWords(entry)).toBe(words);
  });
});
