import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSessionPool, type SessionPoolOptions } from '../../../src/hyperv/powershell/session-pool.ts';
import { type Shell, ShellError } from '../../../src/hyperv/powershell/shell.ts';

interface FakeShell extends Shell {
  readonly number: number;
  alive: boolean;
  answers: boolean;
}

/** A pool whose shells are numbered and do nothing. */
function pool(options: Partial<SessionPoolOptions> = {}) {
  const shells: FakeShell[] = [];
  const failing: { with: unknown } = { with: null };
  const made = createSessionPool({
    size: 2,
    maxUses: 100,
    idleMs: 60_000,
    start: async () => {
      if (failing.with !== null) throw failing.with;
      const shell: FakeShell = {
        number: shells.length,
        key: null,
        alive: true,
        answers: true,
        clockOf: (moment) => moment,
        ask: async () => {
          if (!shell.answers) throw new ShellError('killed');
          return { value: null, clock: 0 };
        },
        kill: () => {
          shell.alive = false;
        },
      };
      shells.push(shell);
      return shell;
    },
    ...options,
  });
  const take = async (urgent = false) => {
    const session = await made.take(urgent);
    return { session, number: (session.shell as FakeShell).number };
  };
  return { made, shells, failing, take };
}

describe('a pool of PowerShell sessions', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('starts one when somebody waits, not more than it may, and uses it again', async () => {
    const { made, shells, take } = pool();
    const [first, second] = await Promise.all([take(), take()]);
    const third = take();
    made.give(first.session);
    expect((await third).number).toBe(first.number);
    made.give(second.session);
    expect((await take()).number).toBe(second.number);
    expect(shells).toHaveLength(2);
  });

  test('lets who is in a hurry go first', async () => {
    const { made, take } = pool({ size: 1 });
    const { session } = await take();
    const order: string[] = [];
    const slow = take().then(() => order.push('other'));
    const urgent = take(true).then((taken) => {
      order.push('urgent');
      made.give(taken.session);
    });
    made.give(session);
    await Promise.all([slow, urgent]);
    expect(order).toEqual(['urgent', 'other']);
  });

  test('replaces one that has been used enough, or has ended', async () => {
    const { made, shells, take } = pool({ size: 1, maxUses: 2 });
    for (let use = 0; use < 2; use += 1) made.give((await take()).session);
    expect(shells[0]?.alive).toBe(false);
    const { session, number } = await take();
    expect(number).toBe(1);
    session.shell.kill();
    made.give(session);
    expect((await take()).number).toBe(2);
  });

  test('ends what nobody uses', async () => {
    const { made, shells, take } = pool();
    made.give((await take()).session);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(shells[0]?.alive).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(shells[0]?.alive).toBe(false);
    expect((await take()).number).toBe(1);
  });

  test('ends what nobody uses while others are at work', async () => {
    const { made, shells, take } = pool();
    const [one, other] = await Promise.all([take(), take()]);
    made.give(one.session);
    for (let round = 0; round < 5; round += 1) {
      await vi.advanceTimersByTimeAsync(14_000);
      made.give(other.session);
      expect((await take()).number).toBe(other.number);
    }
    expect(shells.map(({ alive }) => alive)).toEqual([false, true]);
  });

  test.each([
    [true, 0],
    [false, 1],
  ])('asks one that was idle for long whether it answers (%s)', async (answers, number) => {
    const { made, shells, take } = pool({ size: 1 });
    made.give((await take()).session);
    for (const shell of shells) shell.answers = answers;
    await vi.advanceTimersByTimeAsync(31_000);
    expect((await take()).number).toBe(number);
  });

  test('says to all who wait that none can be started, and tries again', async () => {
    const { failing, take } = pool();
    failing.with = new ShellError('not-started');
    const outcomes = await Promise.allSettled([take(), take(), take()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    failing.with = null;
    expect((await take()).number).toBe(0);
  });

  test('is ready as long as there is a session, whoever has it', async () => {
    const { made, shells, take, failing } = pool({ size: 1 });
    await made.ready();
    const { session, number } = await take();
    await made.ready();
    expect([number, shells.length]).toEqual([0, 1]);
    session.shell.kill();
    made.give(session);
    failing.with = new ShellError('not-started');
    await expect(made.ready()).rejects.toThrow(ShellError);
  });

  test('does not start again and again what can not be started while others work', async () => {
    const { made, failing, take } = pool({ size: 2 });
    const { session } = await take();
    failing.with = new ShellError('not-started');
    const waiting = take();
    await Promise.resolve();
    made.give(session);
    expect((await waiting).number).toBe(0);
  });

  test('ends everything when it is closed', async () => {
    const { made, shells, take } = pool({ size: 1 });
    const { session } = await take();
    const waiting = take();
    made.close();
    await expect(waiting).rejects.toThrow(ShellError);
    await expect(take()).rejects.toThrow(ShellError);
    made.give(session);
    expect(shells.map(({ alive }) => alive)).toEqual([false]);
  });
});
