import { describe, expect, test } from 'vitest';
import { SIMULATED_AUTH } from '../../src/cli/parts.ts';
import { AUTH_SCHEMES } from '../../src/simulator/wire/log-on/schemes.ts';
import { failback, start } from './command-line.ts';

test('every way to log on that simulated hosts have can be asked for', () => {
  expect(SIMULATED_AUTH).toEqual(AUTH_SCHEMES);
});

describe('simulated hosts', () => {
  test('say how they let clients log on, and where the certificate for it is', async () => {
    const running = start(['simulate', '--hosts', '1', '--vms', '0', '--tls']);
    await running.until('hv-dr-01');
    running.interrupt();
    const files = { caFile: expect.any(String), clientCertificate: expect.any(String), clientKey: expect.any(String) };
    expect((await running.ended).objects).toMatchObject([{ auth: ['negotiate', 'basic', 'certificate'], ...files }]);
  });

  test('offer what they are told to', async () => {
    const running = start(['simulate', '--hosts', '1', '--vms', '0', '--auth', 'negotiate, ntlm']);
    await running.until('hv-dr-01');
    running.interrupt();
    expect((await running.ended).objects).toMatchObject([{ auth: ['negotiate', 'ntlm'] }]);
  });

  test.each([
    [['--auth', 'negotiate,digest'], 'There is no scheme "digest": basic,'],
    [['--auth', 'certificate'], 'Serve with TLS as well.'],
    [['--auth', 'kerberos'], 'Name the file with the keys'],
    [['--cbt-hardening', 'strict'], 'Allowed choices are Relaxed, Strict'],
  ])('are refused with %s', async (args, words) => {
    expect(await failback(['simulate', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  });
});
