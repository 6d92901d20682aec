import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import { commandHint } from '../../src/cli/command-hint.ts';
import { waysOn } from '../../src/cli/ways-on.ts';
import type { Failure } from '../../src/domain/failure.ts';
import { MEMBER_STATUSES, type MemberStatus } from '../../src/domain/member.ts';
import type { MemberView, RunState, RunView } from '../../src/runtime/run-view.ts';

const DENIED: Failure = { class: 'operator', code: 'wmi.access-denied', message: 'Access denied', remedy: 'Add the account.' };
const STATES: Partial<Record<MemberStatus, string>> = {
  attention: 'failback: needsOperator',
  failed: 'failback: failed',
  paused: 'start: holding',
};

function member(vm: string, status: MemberStatus, failure: Failure | null = null): MemberView {
  // What is shown does not depend on the settings and the context of a member.
  const settings = { strategy: 'provider' };
  const input = { vm, vmId: `ID-${vm.length}`, host: 'hv-1', partner: null, settings, adopt: false } as MemberView['input'];
  const context = {} as MemberView['context'];
  return { id: 'm0', input, status, state: STATES[status] ?? status, context, failure, percent: null, backlog: null, nextTimer: null };
}

function waysOf(state: RunState, members: readonly MemberView[]): string[] {
  const count = (status: MemberStatus) => members.filter((one) => one.status === status).length;
  const counts = Object.fromEntries(MEMBER_STATUSES.map((status) => [status, count(status)])) as RunView['counts'];
  const view = { record: { run: 'night' }, state, counts, calls: {} } as RunView;
  return waysOn(view, members, commandHint({}, {}), picocolors.createColors(false));
}

describe('what a person is waited for', () => {
  test('is nothing where nobody can do anything', () => {
    expect(waysOf('running', [])).toEqual([]);
  });

  test('is told with the reason, the remedy and the commands', () => {
    expect(waysOf('running', [member('sql 01', 'attention', DENIED)])).toEqual([
      '',
      '1 waits for a person',
      '  sql 01 on hv-1: failback: waits for a person',
      '    why     Access denied',
      '    remedy  Add the account.',
      "    then    failback retry night --vm 'sql 01'",
      "    or      failback cancel night --vm 'sql 01'",
    ]);
  });

  test('is told once for all members of one reason, those that wait before those that failed', () => {
    const lines = waysOf('running', [member('c', 'failed', DENIED), member('a', 'attention', DENIED), member('b', 'attention', DENIED)]);
    expect(lines.slice(0, 3)).toEqual(['', '2 wait for a person, 1 failed', '  a on hv-1, b on hv-1: failback: waits for a person']);
    expect(lines).toContain('    then    failback retry night --vm a --vm b');
    expect(lines.at(-1)).toBe('  all that failed or wait for a person at once: failback retry night');
  });

  test('is the run where the run is paused, the member where only that is', () => {
    expect(waysOf('paused', [member('a', 'paused')])).toEqual([
      '',
      'the run is paused: nothing is started until somebody resumes it',
      '  then    failback resume night',
    ]);
    expect(waysOf('running', [member('a', 'paused')])).toContain('    then    failback resume night --vm a');
  });

  test('counts what does not fit', () => {
    const many = Array.from({ length: 400 }, (_, n) =>
      member(`vm-${n}`, 'attention', n < 300 ? DENIED : { ...DENIED, message: `reason ${n}` }),
    );
    const lines = waysOf('running', many);
    expect(lines.length).toBeLessThan(60);
    expect(lines).toContain('  … and 381 more: failback status night --json');
  });

  test('names by its id what a terminal must not see', () => {
    expect(waysOf('running', [member('a\u001b[2J', 'attention')]).join('\n')).toContain('failback retry night --vm ID-5');
  });
});
