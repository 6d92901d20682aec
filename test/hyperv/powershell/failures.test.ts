import { describe, expect, test } from 'vitest';
import type { FailureClass, FailureCode } from '../../../src/domain/failure.ts';
import { parsePowerShellAddress } from '../../../src/hyperv/powershell/powershell-address.ts';
import type { ScriptFailure } from '../../../src/hyperv/powershell/script-answer.ts';
import { failureOfScript, failureOfShell } from '../../../src/hyperv/powershell/script-failure.ts';
import { ShellError } from '../../../src/hyperv/powershell/shell.ts';

const NOTHING: ScriptFailure = {
  sent: true,
  category: 'NotSpecified',
  native: null,
  messageId: null,
  errorId: null,
  errorCode: null,
  transportCode: null,
  hresult: '-2146233088',
  message: 'Worte\u0007 des\r\nHosts',
};
const ATTEMPT = { host: 'hv-1', operation: 'Msvm_ComputerSystem.RequestStateChange', change: true, connecting: false };

type Row = readonly [what: Partial<ScriptFailure>, code: FailureCode, asked: FailureClass, called: FailureClass];

const ROWS: readonly Row[] = [
  [{ messageId: 'HRESULT 0x80041002' }, 'host.not-found', 'reconcile', 'reconcile'],
  [{ messageId: 'HRESULT 0x80041003' }, 'host.forbidden', 'operator', 'operator'],
  [{ messageId: 'HRESULT 0x80041010' }, 'host.no-hyperv', 'operator', 'operator'],
  [{ messageId: 'HRESULT 0x80041001' }, 'host.fault', 'retryable', 'reconcile'],
  [
    { errorId: 'HRESULT 0x80338012,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand' },
    'host.unreachable',
    'retryable',
    'reconcile',
  ],
  [{ messageId: 'HRESULT 0x80338029' }, 'host.timeout', 'retryable', 'reconcile'],
  [{ messageId: 'HRESULT 0x803381B9' }, 'host.name-unresolved', 'retryable', 'retryable'],
  [{ messageId: 'HRESULT 0x80072efe' }, 'host.disconnected', 'retryable', 'reconcile'],
  [{ messageId: 'HRESULT 0x80072f8f' }, 'host.tls', 'operator', 'operator'],
  [{ messageId: 'HRESULT 0x8007052e' }, 'host.unauthorized', 'operator', 'operator'],
  [{ hresult: '-2147023174' }, 'host.unreachable', 'retryable', 'reconcile'],
  [{ errorCode: '2150859174' }, 'host.busy', 'retryable', 'retryable'],
  [{ native: '6' }, 'host.not-found', 'reconcile', 'reconcile'],
  [{ native: '5' }, 'host.no-hyperv', 'operator', 'operator'],
  [{ native: '1', category: 'ConnectionError' }, 'host.unreachable', 'retryable', 'reconcile'],
  [{ category: 'AuthenticationError' }, 'host.unauthorized', 'operator', 'operator'],
  [{ messageId: 'HRESULT 0x8ABCDEF0' }, 'host.fault', 'retryable', 'reconcile'],
  [{}, 'host.fault', 'retryable', 'reconcile'],
];

describe('a failure the script tells of', () => {
  test.each(ROWS)('%o is %s: %s for a question, %s for a call', (what, code, asked, called) => {
    const failure = { ...NOTHING, ...what };
    expect(failureOfScript(ATTEMPT, failure)).toMatchObject({ code, class: called });
    expect(failureOfScript({ ...ATTEMPT, change: false }, failure)).toMatchObject({ code, class: asked });
    // Before the method was called nothing is in doubt.
    expect(failureOfScript(ATTEMPT, { ...failure, sent: false })).toMatchObject({ code, class: asked, details: { sent: false } });
  });

  test('is about the log-on while that is tried', () => {
    const denied = { ...NOTHING, messageId: 'HRESULT 0x80070005', native: '2' };
    expect(failureOfScript({ ...ATTEMPT, connecting: true }, denied)).toMatchObject({
      code: 'host.unauthorized',
      details: { sent: false },
    });
    expect(failureOfScript(ATTEMPT, denied)).toMatchObject({ code: 'host.forbidden' });
  });

  test('of the way there leaves what was handed over to an endpoint in doubt, whatever its code', () => {
    // Handing over and waiting for the answer are requests of their own: the second may meet a host that can not be found any more.
    for (const transportCode of ['-2147012889', '-2147012721', '-2144108102', '-2144108485', '1326', '5']) {
      const lost = { ...NOTHING, transportCode };
      expect(failureOfScript(ATTEMPT, lost), transportCode).toMatchObject({ class: 'reconcile', details: { sent: true } });
      expect(failureOfScript(ATTEMPT, { ...lost, sent: false })).toMatchObject({ details: { sent: false } });
      expect(failureOfScript({ ...ATTEMPT, connecting: true }, lost)).toMatchObject({ details: { sent: false } });
    }
  });

  test('after a call is no missing command or moment that passed', () => {
    for (const errorId of ['CommandNotFoundException', 'failback.late', 'failback.endpoint']) {
      const after = { ...NOTHING, errorId };
      expect(failureOfScript(ATTEMPT, after), errorId).toMatchObject({ class: 'reconcile', details: { sent: true } });
      expect(failureOfScript(ATTEMPT, { ...after, sent: false }), errorId).toMatchObject({ details: { sent: false } });
    }
  });

  test('has the words of the host in one line', () => {
    expect(failureOfScript(ATTEMPT, NOTHING).message).toMatch(/: Worte des Hosts$/);
  });
});

test.each([
  ['ended', 'host.disconnected'],
  ['killed', 'host.timeout'],
  ['unreadable', 'host.malformed-answer'],
] as const)('a shell that was %s leaves a call in doubt only when it had it', (trouble, code) => {
  const error = new ShellError(trouble);
  expect(failureOfShell(ATTEMPT, error, true)).toMatchObject({ code, class: 'reconcile', details: { sent: true } });
  expect(failureOfShell(ATTEMPT, error, false)).toMatchObject({ code: 'host.not-sent', class: 'retryable', details: { sent: false } });
  expect(failureOfShell({ ...ATTEMPT, change: false }, error, true)).toMatchObject({ code, class: 'retryable' });
});

describe('an address', () => {
  test.each([
    ['https://hv.example.net', { protocol: 'wsman', computerName: 'hv.example.net', port: 5986, useSsl: true }],
    ['https://hv:443/wsman', { protocol: 'wsman', computerName: 'hv', port: 443, useSsl: true }],
    ['http://10.0.0.1', { protocol: 'wsman', computerName: '10.0.0.1', port: 5985, useSsl: false }],
    ['http://[fd00::1]:80/', { protocol: 'wsman', computerName: 'fd00::1', port: 80, useSsl: false }],
    ['DCOM://hv', { protocol: 'dcom', computerName: 'hv', port: 135, useSsl: false }],
  ])('%s is understood', (address, connection) => {
    expect(parsePowerShellAddress('hv', address)).toEqual(connection);
  });

  test.each([
    'ftp://hv',
    'hv',
    'https://',
    'https://u:p@hv',
    'https://hv/other',
    'https://hv?x',
    'dcom://hv:1',
    'https://hv:123456',
    'https://h v',
  ])('%s is refused', (address) => {
    expect(() => parsePowerShellAddress('hv', address)).toThrow(expect.objectContaining({ code: 'plan.invalid', class: 'permanent' }));
  });
});
