import { describe, expect, test } from 'vitest';
import { failback } from './command-line.ts';

describe('wrong usage is exit 2', () => {
  test.each([
    [['rnu'], "unknown command 'rnu'", 'Did you mean run'],
    [['run', 'plan.yaml', '--dryrun'], "unknown option '--dryrun'", 'Did you mean --dry-run'],
    [['run'], "missing required argument 'plan'", ''],
    [['runs', '--limit', 'many'], 'Give a whole number from 1 to 100000', ''],
    [['report', 'latest', '--format', 'pdf'], 'Allowed choices are html, json, md, csv', ''],
    [['run', 'plan.yaml', '--name', 'a/b'], 'can not be the name of a run', 'remedy:'],
    [['runs', '--redis', 'redis+sentinel://a:1'], 'Sentinel', 'remedy:'],
    [['simulate', '--password', 'hunter2'], '--password takes a reference, not a password', 'env:NAME'],
    [['demo', '--strategy', 'both'], 'Allowed choices are provider, reverse, mixed', ''],
  ])('%j', async (argv, message, hint) => {
    const { code, stdout, stderr } = await failback(argv, { FAILBACK_DATA: '/nonexistent/failback' });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(stderr).not.toContain('hunter2');
  });

  test.each([
    ['skip', 'r', '--vm', 'x'],
    ['serve', '--port', '1'],
    ['plan', 'diff', 'a', 'b'],
  ])('%s comes with a later version', async (...argv) => {
    const { code, stderr } = await failback(argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/comes with a later version\n {2}remedy: /)]);
  });

  test('with --json the error is a JSON line', async () => {
    const { code, objects } = await failback(['run', '--json', '--nonsense']);
    expect(code).toBe(2);
    expect(objects).toEqual([
      { type: 'error', code: 'usage.invalid', message: expect.stringContaining('--nonsense'), remedy: expect.any(String), exitCode: 2 },
    ]);
  });

  test('a log level that does not exist is refused by those who log', async () => {
    const { code, stderr } = await failback(['worker', '--redis', 'redis://127.0.0.1:9'], { FAILBACK_LOG: 'loud' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('FAILBACK_LOG is "loud"')]);
  });
});

test('help and version are exit 0 on stdout', async () => {
  const help = await failback(['--help']);
  expect([help.code, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('Exit codes: 0 done');
  expect(help.stdout).not.toContain('skip');
  expect((await failback(['run', '--help'])).stdout).toContain('--json');
  expect(await failback(['--version'])).toMatchObject({ code: 0, stdout: '0.0.0-test\n' });
});
