import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startCall } from '../../../src/hyperv/cim/call.ts';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import type { PowerShellAccess } from '../../../src/hyperv/powershell/powershell-access.ts';
import { failureOf } from '../wsman/hosts.ts';
import { ask, change, ECHO, echoes } from './echo.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const open = echoes();

/** From here on what is asked is handed over at once. */
async function connected(access: PowerShellAccess): Promise<void> {
  await ask(access, 'Echo_Nothing');
}

describe.skipIf(PWSH === null)(`a PowerShell session${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  test('that does not answer in time is given up, and a change in it is in doubt; the next one is another session', async () => {
    const access = open();
    await connected(access);
    expect(await failureOf(change(access, 'Sleep', { timeoutMs: 500 }))).toMatchObject({
      code: 'host.timeout',
      class: 'reconcile',
      details: { sent: true },
    });
    const result = await change(access, 'Echo');
    expect(textOf(result, 'Invoked')).toBe('1');
  });

  test('that ends in the middle leaves a change in doubt, and a question to be asked again', async () => {
    const access = open();
    expect(await failureOf(change(access, 'Exit'))).toMatchObject({
      code: 'host.disconnected',
      class: 'reconcile',
      details: { sent: true },
    });
    expect(await failureOf(ask(access, 'Echo_Exit'))).toMatchObject({ code: 'host.disconnected', class: 'retryable' });
    expect(textOf(await change(access, 'Echo'), 'Invoked')).toBe('1');
  });

  test('calls no method after its time, neither before it is asked nor when the script is late', async () => {
    const access = open();
    await connected(access);
    const late = { code: 'host.not-sent', class: 'retryable', details: { sent: false } };
    expect(await failureOf(change(access, 'Echo', { sendByMs: -1 }))).toMatchObject(late);
    // The object is asked for first, which takes longer.
    expect(await failureOf(change(access, 'Echo', { className: 'Echo_Slow', sendByMs: 500 }))).toMatchObject(late);
    expect(textOf(await change(access, 'Echo'), 'Invoked')).toBe('1');
  });

  test('is not late for ever because its first answer was read late', async () => {
    const access = open();
    const ready = access.prepare(startCall());
    await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
    await ready;
    await connected(access);
    expect(textOf(await change(access, 'Echo', { sendByMs: 3_000 }), 'Invoked')).toBe('1');
  });

  test('is replaced after its requests, and one that nobody uses ends', async () => {
    const access = open({ maxUses: 3, idleMs: 60_000 });
    const invoked = async () => textOf(await change(access, 'Echo'), 'Invoked');
    expect([await invoked(), await invoked(), await invoked(), await invoked()]).toEqual(['1', '2', '3', '1']);
  });

  test('is given up with whoever waited', async () => {
    const access = open();
    await connected(access);
    const signal = AbortSignal.timeout(300);
    const wanted = { namespace: 'root/virtualization/v2', className: 'Echo_Sleep', properties: [] };
    expect(await failureOf(access.list(wanted, startCall({ signal, timeoutMs: 60_000 })))).toMatchObject({
      code: 'host.timeout',
      class: 'retryable',
    });
    const waiting = change(access, 'Echo', { timeoutMs: 300 });
    expect(await failureOf(waiting)).toMatchObject({ code: 'host.not-sent', details: { sent: false } });
  });
});

describe('without PowerShell', () => {
  test('it is said what is missing, before a word to the host', async () => {
    const access = open({ executable: '/nonexistent/pwsh', modules: [ECHO] });
    const missing = { code: 'powershell.unavailable', class: 'operator', details: { sent: false } };
    expect(await failureOf(access.prepare(startCall()))).toMatchObject(missing);
    expect(await failureOf(change(access, 'Echo'))).toMatchObject(missing);
  });

  test('a credential that can not be resolved is told, in its own words or in none', async () => {
    const access = open({
      executable: '/nonexistent/pwsh',
      credentials: async () => {
        throw new Error('S3cret');
      },
    });
    const failure = await failureOf(access.prepare(startCall()));
    expect(failure).toMatchObject({ code: 'secret.missing', class: 'operator' });
    expect(JSON.stringify(failure)).not.toContain('S3cret');
  });
});

describe.skipIf(PWSH === null)(`a PowerShell without CIM cmdlets${PWSH === null ? ` (skipped: ${NO_PWSH})` : ''}`, () => {
  test.skipIf(process.platform === 'win32')('is no use', async () => {
    expect(await failureOf(ask(open({ modules: [] }), 'Echo_Types'))).toMatchObject({ code: 'powershell.unavailable', class: 'operator' });
  });
});
