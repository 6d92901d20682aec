import { expect, test, vi } from 'vitest';
import { parseEndpoint } from '../../../../src/hyperv/wsman/endpoint.ts';
import type { LogOn } from '../../../../src/hyperv/wsman/log-on/log-on.ts';
import { readyLogOn } from '../../../../src/hyperv/wsman/log-on/ready-log-on.ts';

const initiate = vi.hoisted(() => vi.fn());
vi.mock('../../../../src/gssapi/gssapi.ts', async () => {
  const { GssUnavailable } = await import('../../../../src/gssapi/gss-error.ts');
  initiate.mockImplementation(async () => {
    throw new GssUnavailable('library', 'install it');
  });
  return { gssapi: async () => ({ initiate }) };
});

test('a keytab that can not be read is found out before anything is asked', async () => {
  const identity = { kind: 'keytab', principal: 'u@R', file: '/nonexistent/keytab' } as const;
  const ready = readyLogOn(parseEndpoint('hv', 'http://hv.example.net'), { scheme: 'negotiate', identity });
  await expect(ready).rejects.toMatchObject({ code: 'secret.missing', details: { errno: 'ENOENT', sent: false } });
});

test('a host that is known by its address alone is logged on to by NTLM, and no domain controller hears of it', async () => {
  initiate.mockClear();
  const credentials = async () => ({ username: 'u', password: 'p' });
  const ready = await readyLogOn(parseEndpoint('hv', 'http://192.0.2.1'), {
    scheme: 'negotiate',
    identity: { kind: 'password', credentials },
  });
  if (ready.by !== 'connection') throw new Error('connections are what is logged on');
  const context = ready.start(null);
  await context.step(null);
  expect(context.mechanism).toBe('NTLM');
  expect(initiate).not.toHaveBeenCalled();
});

test('Kerberos that is not to be had is not asked for at every log-on', async () => {
  const endpoint = parseEndpoint('hv', 'http://hv.example.net');
  const credentials = async () => ({ username: 'u', password: 'p' });
  const logOn: LogOn = { scheme: 'negotiate', identity: { kind: 'password', credentials } };
  initiate.mockClear();
  for (let connection = 0; connection < 3; connection++) {
    const ready = await readyLogOn(endpoint, logOn);
    if (ready.by !== 'connection') throw new Error('connections are what is logged on');
    const context = ready.start(null);
    expect(await context.step(null)).toBeInstanceOf(Buffer);
    expect(context.mechanism).toBe('NTLM');
  }
  expect(initiate).toHaveBeenCalledTimes(1);
});
