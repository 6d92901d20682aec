import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSpnego } from '../../../src/hyperv/wsman/log-on/spnego.ts';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { LogOnClient, ntlm, pretendedKerberos, tokenOf } from './peers/log-on-client.ts';
import { SampleHost } from './sample-host.ts';

const OFFERS = ['Negotiate', 'Basic realm="WSMAN"'];

let served: ServedHost;
let client: LogOnClient;

beforeEach(async () => {
  served = await serveHost(new SampleHost(), { port: 0 });
  client = new LogOnClient(served.url);
});
afterEach(async () => {
  client.close();
  await served.close();
});

describe('what is less than NTLMv2', () => {
  const NEGOTIATE = Buffer.from('NTLMSSP\0\x01\0\0\0\x37\x82\x08\xe2', 'latin1');
  const token = (bytes: Buffer) => ({ authorization: `Negotiate ${bytes.toString('base64')}` });

  it('is refused at once without extended session security', async () => {
    const old = Buffer.from(NEGOTIATE);
    old[14] = 0;
    expect(await client.post('', token(old))).toMatchObject({ status: 401, authenticate: OFFERS });
  });

  it.each([
    ['an NTLMv1 response', 24],
    ['no response at all', 0],
  ])('is refused with %s', async (_what, length) => {
    expect((await client.post('', token(NEGOTIATE))).authenticate).toEqual([expect.stringMatching(/^Negotiate TlRMTVNT/)]);
    const user = Buffer.from('hvadmin', 'utf16le');
    const authenticate = Buffer.alloc(88 + length + user.length);
    NEGOTIATE.copy(authenticate, 0, 0, 8);
    authenticate.writeUInt32LE(3, 8);
    for (const [at, bytes, offset] of [
      [20, length, 88],
      [36, user.length, 88 + length],
    ] as const) {
      authenticate.writeUInt16LE(bytes, at);
      authenticate.writeUInt32LE(offset, at + 4);
    }
    NEGOTIATE.copy(authenticate, 60, 12, 16);
    user.copy(authenticate, 88 + length);
    expect(await client.post('', token(authenticate))).toMatchObject({ status: 401, authenticate: OFFERS });
  });

  it('is refused when anything of the last token was changed, and the connection goes on', async () => {
    const lastToken = async () => {
      const context = ntlm();
      const answer = await client.post('', token((await context.step(null)) ?? NEGOTIATE));
      return (await context.step(tokenOf(answer, 'Negotiate'))) ?? NEGOTIATE;
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.boolean(), async (at, bytes, cut) => {
        const right = await lastToken();
        const place = at % right.length;
        const changed = Buffer.from(cut ? right.subarray(0, place) : right);
        if (!cut) changed.set(bytes.slice(0, right.length - place), place);
        fc.pre(changed.length > 0 && !changed.equals(right));
        expect(await client.post('', token(changed))).toMatchObject({ status: 401, authenticate: OFFERS });
      }),
      { numRuns: 300 },
    );
    expect(client.connections).toBe(1);
    expect(await client.logOn(ntlm())).toMatchObject({ status: 200 });
  });

  it('is refused when it is no token at all, in whatever wrapping', async () => {
    const init = (await createSpnego([pretendedKerberos(), ntlm()]).step(null)) ?? NEGOTIATE;
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(Buffer.alloc(0), NEGOTIATE.subarray(0, 8), init.subarray(0, 20)), bytes, async (head, tail) => {
        expect((await client.post('', token(Buffer.concat([head, tail])))).status).toBe(401);
      }),
      { numRuns: 300 },
    );
    expect(client.connections).toBe(1);
    expect(await client.logOn(ntlm())).toMatchObject({ status: 200 });
  });
});
