import { describe, expect, it } from 'vitest';
import { type GssContext, gssapi } from '../../../../src/gssapi/gssapi.ts';
import { createNtlm, type NtlmOptions } from '../../../../src/hyperv/wsman/log-on/ntlm.ts';
import type { SecurityContext } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { createSpnego } from '../../../../src/hyperv/wsman/log-on/spnego.ts';
import { acceptByNtlm, noNtlm } from './gss-ntlmssp.ts';

const PASSWORD = 'Pässw0rd!';
const BINDING = Buffer.from('tls-server-end-point:0123456789abcdef');

/** Logs on to an acceptor that is not ours. */
async function logOn(mechanism: 'ntlm' | 'spnego', options: Partial<NtlmOptions> = {}, hostBinding: Buffer | null = null) {
  const ntlm = createNtlm({ username: 'EXAMPLE\\admin', password: PASSWORD, targetName: 'HTTP/hv1', channelBinding: null, ...options });
  const client = mechanism === 'ntlm' ? ntlm : createSpnego([ntlm]);
  // Keys without a name make it break within SPNEGO.
  const host = await (await gssapi()).accept({ mechanism, service: 'HTTP@hv1', channelBinding: hostBinding });
  for (let token = await client.step(null); token !== null; ) {
    const reply = await host.step(token);
    token = reply === null ? null : await client.step(reply);
  }
  return { client, host };
}

function toHost({ client, host }: { client: SecurityContext; host: GssContext }, message: Buffer): Buffer {
  const { signature, content } = client.seal(message);
  return host.unwrap(signature, content);
}

function fromHost({ client, host }: { client: SecurityContext; host: GssContext }, message: Buffer): Buffer {
  const { header, content } = host.wrap(message);
  return client.unseal({ signature: header, content });
}

describe.skipIf(noNtlm !== null)(`gss-ntlmssp${noNtlm === null ? '' : ` (skipped: ${noNtlm})`}`, () => {
  acceptByNtlm([`EXAMPLE:admin:${PASSWORD}`, `HV1:local:${PASSWORD}`]);

  it.each(['ntlm', 'spnego'] as const)('accepts us by %s, and we read each other', async (mechanism) => {
    const both = await logOn(mechanism);
    expect([both.client.complete, both.host.complete, both.host.peer]).toEqual([true, true, 'EXAMPLE\\admin']);
    for (const length of [1, 1_392, 100_000]) {
      const message = Buffer.alloc(length, `${length}`);
      expect(toHost(both, message).equals(message)).toBe(true);
      expect(fromHost(both, message).equals(message)).toBe(true);
    }
    both.host.dispose();
  });

  it.each([
    ['.\\local', 'HV1\\local'],
    ['HV1\\LOCAL', 'HV1\\LOCAL'],
  ])('knows %s as %s', async (username, peer) => {
    expect((await logOn('spnego', { username })).host.peer).toBe(peer);
  });

  it.each(['ntlm', 'spnego'] as const)('sees by %s that we are at the other end of the same channel', async (mechanism) => {
    const { host } = await logOn(mechanism, { channelBinding: BINDING }, BINDING);
    expect(host.channelBound).toBe(true);
    await expect(logOn(mechanism, { channelBinding: Buffer.from('tls-server-end-point:another') }, BINDING)).rejects.toThrow();
  });

  it('refuses another password, and a MIC that is not right', async () => {
    await expect(logOn('spnego', { password: 'other' })).rejects.toThrow();
    const host = await (await gssapi()).accept({ mechanism: 'ntlm' });
    const client = createNtlm({ username: 'EXAMPLE\\admin', password: PASSWORD, targetName: 'HTTP/hv1', channelBinding: null });
    const challenge = (await host.step((await client.step(null)) ?? Buffer.alloc(0))) ?? Buffer.alloc(0);
    const authenticate = (await client.step(challenge)) ?? Buffer.alloc(0);
    authenticate[72] = (authenticate[72] ?? 0) ^ 1;
    await expect(host.step(authenticate)).rejects.toThrow();
  });

  it('says what was changed on the way, as we do', async () => {
    const both = await logOn('spnego');
    const { header, content } = both.host.wrap(Buffer.from('answer'));
    content[0] = (content[0] ?? 0) ^ 1;
    expect(() => both.client.unseal({ signature: header, content })).toThrow(expect.objectContaining({ trouble: 'tampered' }));
    const sealed = both.client.seal(Buffer.from('question'));
    sealed.content[0] = (sealed.content[0] ?? 0) ^ 1;
    expect(() => both.host.unwrap(sealed.signature, sealed.content)).toThrow();
  });
});
