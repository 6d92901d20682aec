import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { commandHint } from '../../src/cli/command-hint.ts';
import type { Frame } from '../../src/cli/follow/frame.ts';
import { liveView } from '../../src/cli/follow/live-view.ts';
import { RunModel } from '../../src/cli/follow/run-model.ts';
import type { MemberStatus } from '../../src/domain/member.ts';
import type { JournalEntry } from '../../src/runtime/journal.ts';
import { ACTS_ON_TERMINALS } from './terminal-text.ts';

const PROVIDER = { partner: null, strategy: 'provider' } as const;
const COMMAND = commandHint({}, {});
const plain = picocolors.createColors(false);
const colored = picocolors.createColors(true);

function entry(id: string, to: string, status: MemberStatus, more: Readonly<Record<string, unknown>> = {}): JournalEntry {
  return {
    position: '1-0',
    id,
    at: 1_700_000_000_000,
    event: 'failback.admit',
    from: 'pending',
    to,
    revision: 2,
    data: { status, ...more },
  };
}

function modelOf(members: number, hosts: number): RunModel {
  const model = new RunModel();
  for (let n = 0; n < members; n++) {
    model.add({
      id: `m${n}`,
      vm: `vm-${String(n).padStart(4, '0')}`,
      vmId: `ID-${n}`,
      host: `hv-${n % hosts}`,
      ...PROVIDER,
      status: 'pending',
    });
  }
  return model;
}

function frameOf(model: RunModel, some: Partial<Frame> = {}): Frame {
  return {
    run: 'milan-returns-20260101-030000-abcd',
    plan: 'milan-returns',
    state: 'running',
    model,
    startedAt: 0,
    now: 61_000,
    calls: { initiateFailback: 3 },
    noWorker: false,
    troubles: [],
    redisLost: false,
    ...some,
  };
}

describe('the live view', () => {
  test.each([
    [10, 2, 80, 24],
    [10, 2, 200, 60],
    [1000, 16, 80, 24],
    [1000, 16, 100, 10],
    [1000, 200, 40, 12],
    [1, 1, 20, 5],
  ])('of %d members on %d hosts fits into %d columns and %d rows', (members, hosts, columns, rows) => {
    const model = modelOf(members, hosts);
    for (let n = 0; n < members; n += 3) model.apply(entry(`m${n}`, 'failback: tracking.going', 'working'));
    for (let n = 1; n < members; n += 7) {
      model.apply(
        entry(`m${n}`, 'failback: needsOperator', 'attention', {
          failure: { message: 'x'.repeat(300), code: 'internal', class: 'operator' },
        }),
      );
    }
    for (const colors of [plain, colored]) {
      const lines = liveView(frameOf(model), { columns, rows }, COMMAND, colors);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      for (const line of lines) expect(line).not.toContain('\n');
    }
  });

  test('shows who needs a person before who is in work, with the reason, and counts what does not fit', () => {
    const model = modelOf(100, 2);
    for (let n = 0; n < 100; n++) model.apply(entry(`m${n}`, 'failback: tracking.going', 'working'));
    const failure = { class: 'operator', code: 'wmi.access-denied', message: 'InitiateFailback returned 32769 (Access denied)' };
    model.apply(entry('m73', 'failback: needsOperator', 'attention', { failure }));
    const lines = liveView(frameOf(model), { columns: 100, rows: 30 }, COMMAND, plain);
    const text = lines.join('\n');
    expect(text).toContain('99 in work · 1 waits for a person');
    expect(lines.findIndex((line) => line.includes('32769 (Access denied)'))).toBeLessThan(lines.indexOf('in work'));
    expect(text).toMatch(/… and \d+ more/);
    expect(text).toContain('1 in trouble');
  });

  test('says what keeps the whole run from moving', () => {
    const trouble = {
      host: 'hv-0',
      since: 0,
      failure: { class: 'retryable' as const, code: 'host.unreachable' as const, message: 'Host hv-0 refuses connections' },
    };
    const text = liveView(
      frameOf(modelOf(2, 1), { noWorker: true, redisLost: true, troubles: [trouble] }),
      { columns: 100, rows: 30 },
      COMMAND,
      plain,
    ).join('\n');
    expect(text).toContain('nothing moves until a worker runs: failback worker');
    expect(text).toContain('Redis is not reachable');
    expect(text).toContain('Host hv-0 refuses connections');
  });

  test('names the host, the secret and the remedy when a worker lacks a password', () => {
    const failure = {
      class: 'operator' as const,
      code: 'secret.missing' as const,
      message: 'env:HV_PASSWORD: the environment variable is not set',
      remedy: 'Set HV_PASSWORD where failback and its workers run.',
    };
    const lines = liveView(
      frameOf(modelOf(2, 1), { troubles: [{ host: 'hv-0', since: 0, failure }] }),
      { columns: 100, rows: 30 },
      COMMAND,
      plain,
    );
    expect(lines).toContain('Host hv-0: env:HV_PASSWORD: the environment variable is not set');
    expect(lines).toContain('  remedy: Set HV_PASSWORD where failback and its workers run.');
  });

  test('gives the command that resumes a paused run, and says when only a person is waited for', () => {
    const draw = (frame: Frame) => liveView(frame, { columns: 100, rows: 30 }, COMMAND, plain).join('\n');
    expect(draw(frameOf(modelOf(2, 1), { state: 'paused', run: 'night' }))).toContain('nothing is started until: failback resume night');
    const model = modelOf(1, 1);
    model.apply(entry('m0', 'failback: needsOperator', 'attention'));
    expect(draw(frameOf(model, { run: 'night' }))).toMatch(/^night {2}waits for a person · /);
  });

  test('says when the next try is', () => {
    const model = modelOf(1, 1);
    const member = model.apply(entry('m0', 'failback: backingOff', 'working'));
    if (member) member.nextTimer = 101_000;
    const text = liveView(frameOf(model), { columns: 100, rows: 30 }, COMMAND, plain).join('\n');
    expect(text).toContain('waiting before the next attempt, tries again in 40.0 s');
  });

  test('names both hosts of a VM between two, and tells what is still to be sent, honestly', () => {
    const model = new RunModel();
    for (const id of ['m0', 'm1']) {
      const status = 'working';
      model.add({ id, vm: `vm-${id}`, vmId: id, host: 'hv-mi-01', partner: 'hv-dr-01', strategy: 'reverse', status });
      const member = model.apply(entry(id, 'copy: tracking.going', status));
      if (member) member.backlog = { pendingBytes: 9e9, rate: id === 'm0' ? 100e6 : null, limitBytes: null, at: 61_000 };
    }
    const lines = liveView(frameOf(model), { columns: 120, rows: 30 }, COMMAND, plain);
    expect(lines).toContain('vm-m0 hv-dr-01 → hv-mi-01 copying to hv-mi-01, 9.0 GB to go at 100 MB/s, about 1m 30s left');
    expect(lines).toContain('vm-m1 hv-dr-01 → hv-mi-01 copying to hv-mi-01, 9.0 GB to go, rate unknown');
    expect(lines).toContain('data: 18.0 GB to go, rate unknown (2 VMs)');
    model.apply(entry('m0', 'shutdown: calling', 'working'));
    expect(model.member('m0')?.backlog).toBeNull();
  });

  test('says how many change logs run full, whatever becomes of the data as a whole', () => {
    const model = new RunModel();
    for (const [id, rate] of [['m0', -10e6] as const, ['m1', 90e6] as const]) {
      model.add({ id, vm: `vm-${id}`, vmId: id, host: 'hv-mi-01', partner: 'hv-dr-01', strategy: 'reverse', status: 'working' });
      const member = model.apply(entry(id, 'inSync: checking.waiting', 'working'));
      if (member) member.backlog = { pendingBytes: 4e9, rate, limitBytes: 10e9, at: 61_000 };
    }
    const text = liveView(frameOf(model), { columns: 200, rows: 30 }, COMMAND, plain).join('\n');
    expect(text).toContain('data: 8.0 GB to go at 80.0 MB/s, about 1m 40s left (2 VMs)\nchange log grows towards its limit: 1 VM\n');
    expect(text).toContain('growing by 10.0 MB/s: the change log is full in about 10m 00s, then the VM must be resynchronised');
  });

  test('counts what a run is for', () => {
    const model = new RunModel('passed');
    model.add({ id: 'm0', vm: 'a', vmId: 'A', host: 'h', ...PROVIDER, status: 'completed' });
    expect(liveView(frameOf(model), { columns: 100, rows: 30 }, COMMAND, plain)).toContain('1 passed');
  });

  test('lets no name act on the terminal', () => {
    const model = new RunModel();
    model.add({ id: 'm0', vm: 'a\u001b[2Jb\u009b', vmId: 'X', host: 'h', ...PROVIDER, status: 'pending' });
    model.apply(
      entry('m0', 'failback: needsOperator', 'attention', {
        failure: { message: 'bad\u001b]0;x\u0007', class: 'operator', code: 'internal' },
      }),
    );
    expect(liveView(frameOf(model), { columns: 100, rows: 30 }, COMMAND, plain).join('\n')).not.toMatch(ACTS_ON_TERMINALS);
  });
});

describe('the model of a run', () => {
  test('counts each member once, whatever is told twice', () => {
    const model = modelOf(3, 2);
    for (const told of [
      entry('m1', 'failback: checking', 'working'),
      entry('m1', 'failback: checking', 'working'),
      entry('m2', 'completed', 'completed'),
    ])
      model.apply(told);
    expect(model.total).toMatchObject({ pending: 1, working: 1, completed: 1 });
    expect(model.hosts.get('hv-0')).toMatchObject({ pending: 1, completed: 1 });
    expect(model.ended).toBe(1);
    expect(model.recent(5).map(({ id }) => id)).toEqual(['m2', 'm1']);
    expect([...model.in(['working'])].map(({ id }) => id)).toEqual(['m1']);
  });

  test("leaves the run's own transitions and unknown members alone", () => {
    const model = modelOf(1, 1);
    expect(model.apply(entry('@run', 'paused', 'paused'))).toBeUndefined();
    expect(model.total).toMatchObject({ pending: 1 });
  });
});
