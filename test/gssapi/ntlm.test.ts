import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { GssError } from '../../src/gssapi/gss-error.ts';
import type { InitiateOptions } from '../../src/gssapi/gssapi.ts';
import { gssPair, logOn } from '../support/gss-pair.ts';

const missing = existsSync('/etc/gss/mech.d/mech.ntlmssp.conf') ? null : 'not on this machine: gss-ntlmssp';

describe.skipIf(missing !== null)(`NTLM by gss-ntlmssp${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  beforeAll(() => {
    const users = join(mkdtempSync(join(inject('runDirectory'), 'ntlm-')), 'users');
    writeFileSync(users, 'CONTOSO:alice:Passw0rd!\n');
    process.env.NTLM_USER_FILE = users;
  });
  afterAll(() => {
    delete process.env.NTLM_USER_FILE;
  });

  const pair = (options: Partial<InitiateOptions> = {}, channelBinding: Buffer | null = null) =>
    gssPair(
      { mechanism: 'ntlm', target: 'HTTP/hv-dr-01', principal: 'CONTOSO\\alice', password: 'Passw0rd!', ...options },
      { mechanism: 'ntlm', channelBinding },
    );

  test('logs on and seals both ways, with a signature of 16 bytes', async () => {
    const { initiator, acceptor } = await logOn(await pair());
    expect(acceptor.peer).toBe('CONTOSO\\alice');
    for (const [from, to] of [
      [initiator, acceptor],
      [acceptor, initiator],
    ] as const) {
      const { header, content } = from.wrap(Buffer.from('message'));
      expect([header.length, content.length]).toEqual([16, 7]);
      expect(to.unwrap(header, content).toString()).toBe('message');
      const bad = from.wrap(Buffer.from('message'));
      bad.content[0] = (bad.content[0] ?? 0) ^ 1;
      expect(() => to.unwrap(bad.header, bad.content)).toThrow(GssError);
    }
  });

  test('refuses a wrong password, an unknown user and another channel', async () => {
    await expect(pair({ password: 'wrong' }).then(logOn)).rejects.toBeInstanceOf(GssError);
    await expect(pair({ principal: 'CONTOSO\\bob' }).then(logOn)).rejects.toBeInstanceOf(GssError);
    const [ours, other] = [Buffer.from('tls-server-end-point:ours'), Buffer.from('tls-server-end-point:other')];
    await expect(pair({ channelBinding: other }, ours).then(logOn)).rejects.toBeInstanceOf(GssError);
    expect((await logOn(await pair({ channelBinding: ours }, ours))).acceptor.channelBound).toBe(true);
  });
});
