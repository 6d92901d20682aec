import { afterEach, describe, expect, test } from 'vitest';
import { DEFINITIONS, type MachineDefinition, type MachineName } from '../../machines/definitions.ts';
import { FailbackError } from '../../src/domain/failure.ts';
import { decideInitial } from '../../src/runtime/decide.ts';
import { decodeRow, encodeRow, type Row, statusOf } from '../../src/runtime/row.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { useRedis } from '../support/redis.ts';
import { keys, member, runOf } from './support.ts';

const pending = decideInitial('failback', member, 0).row;

function failureOf(read: () => unknown): FailbackError {
  try {
    read();
  } catch (error) {
    if (error instanceof FailbackError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('a row comes back as it was stored, without the fixed input of the member', () => {
  const { revision, row } = decodeRow(`12|${encodeRow(pending)}`, 'r/m0');
  expect(revision).toBe(12);
  expect(row).toEqual(pending);
  expect(encodeRow(pending)).not.toContain(member.vmId);
  expect(statusOf(row)).toBe('pending');
});

test('only what differs from the beginning is stored, and every value comes back', () => {
  expect(JSON.parse(encodeRow(pending)).context).toEqual({});
  const context = { ...pending.context, attempt: 2, movedTo: { home: 'hv-b' }, skipped: ['commit'], doubt: 'arrival' };
  const stored = encodeRow({ ...pending, context });
  expect(JSON.parse(stored).context).toEqual({ attempt: 2, movedTo: { home: 'hv-b' }, skipped: ['commit'], doubt: 'arrival' });
  expect(decodeRow(`1|${stored}`, 'r/m0').row.context).toEqual(context);
});

describe('refuses what it can not read, naming the place and a remedy', () => {
  const rows: Record<string, Row> = {
    'a newer version': { ...pending, version: 99 },
    'an unknown machine': { ...pending, machine: 'ferry' as MachineName },
    'a version without a way up': { ...pending, version: 0 },
  };
  for (const [what, row] of Object.entries(rows)) {
    test(what, () => {
      const failure = failureOf(() => decodeRow(`3|${encodeRow(row)}`, 'milan/m7'));
      expect(failure).toMatchObject({ code: 'snapshot.unsupported', class: 'operator' });
      expect(failure.message).toContain('milan/m7');
      expect(failure.remedy).toBeTruthy();
    });
  }

  test('a state this build does not have', () => {
    for (const value of ['flying', { tracking: 'sideways' }]) {
      const failure = failureOf(() => decodeRow(`3|${encodeRow({ ...pending, value })}`, 'milan/m7'));
      expect(failure).toMatchObject({ code: 'snapshot.unsupported', class: 'operator' });
    }
  });
});

describe('rows of earlier releases', () => {
  const before = DEFINITIONS.run;
  const definitions = DEFINITIONS as Record<MachineName, MachineDefinition>;
  afterEach(() => {
    definitions.run = before;
  });

  test('are brought up one version at a time', () => {
    definitions.run = {
      ...before,
      version: 3,
      upcasts: {
        1: (stored) => ({ value: stored.value === 'going' ? 'moving' : stored.value, context: { steps: ['1'] } }),
        2: (stored) => ({ value: 'running', context: { steps: [...(stored.context.steps as string[]), '2', String(stored.value)] } }),
      },
    };
    const live = { tell: { token: 'r1.0', src: 'tellMembers', input: null } };
    const { row } = decodeRow(`1|${encodeRow({ ...pending, machine: 'run', version: 1, value: 'going', context: {}, live })}`, 'r/@run');
    expect(row).toMatchObject({ version: 3, value: 'running', context: { steps: ['1', '2', 'moving'] }, live });
  });
});

describe('in Redis', () => {
  const { redis } = useRedis();

  test.each([
    ['a newer version', { version: 99 }],
    ['an unknown machine', { machine: 'ferry' }],
    ['an unknown state', { value: 'flying' }],
  ])('a row with %s is refused and stays as it is', async (_, change) => {
    const runtime = new Runtime({ redis });
    await runOf(runtime, 'r1', 1);
    const stored = `7|${JSON.stringify({ ...pending, ...change })}`;
    await redis.hset(keys.rows('r1'), 'm0', stored);
    const event = { type: 'failback.admit' };
    await expect(runtime.advance({ run: 'r1', id: 'm0' }, event)).rejects.toMatchObject({ code: 'snapshot.unsupported' });
    expect(await redis.hget(keys.rows('r1'), 'm0')).toBe(stored);
    expect(await redis.smembers(keys.status('r1', 'pending'))).toEqual(['m0']);
    await runtime.close();
  });
});
