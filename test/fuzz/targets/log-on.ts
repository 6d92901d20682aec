import { parseEndpoint } from '../../../src/hyperv/wsman/endpoint.ts';
import type { HttpAnswer } from '../../../src/hyperv/wsman/http-exchange.ts';
import { refusalOf } from '../../../src/hyperv/wsman/http-refusal.ts';
import { handshake } from '../../../src/hyperv/wsman/log-on/handshake.ts';
import { readyLogOn } from '../../../src/hyperv/wsman/log-on/ready-log-on.ts';
import type { SecurityContext } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import { SecurityError } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { mutateHeader } from '../mutate-header.ts';
import { NtlmHost, spnegoToken } from '../ntlm-host.ts';
import { Finding } from '../outcome.ts';
import { PASSWORD, USERNAME } from '../secrets.ts';

const ENDPOINT = parseEndpoint('hv-fuzz', 'http://127.0.0.1:5985');

/** A context of a client that logs on by NTLM. */
export async function ntlmClient(): Promise<SecurityContext> {
  const ready = await readyLogOn(ENDPOINT, { scheme: 'ntlm', credentials: async () => ({ username: USERNAME, password: PASSWORD }) });
  if (ready.by !== 'connection') throw new Error('NTLM logs connections on');
  return ready.start(null);
}

/** Tokens of a host, and the headers they come in. Whoever is logged on has the keys of a host that knows the password. */
export async function fuzzLogOn(random: RandomStream): Promise<string> {
  const [client, host] = [await ntlmClient(), new NtlmHost()];
  const victim = random.between(0, 1);
  let asked = 0;
  let bare = false;
  const refusal = await handshake(client, 'Negotiate', async (authorization) => {
    const isVictim = asked++ === victim;
    const step = await host.step(Buffer.from(authorization.split(' ')[1] ?? '', 'base64')).catch(refused);
    if (step === null) return answer(401, 'Negotiate');
    const token = isVictim ? mutatedToken(step, random) : spnegoToken(step.inner, step.mic);
    bare ||= token.subarray(0, 8).equals(Buffer.from('NTLMSSP\0'));
    const header = `Negotiate ${token.toString('base64')}`;
    const status = isVictim && random.next() < 0.1 ? (random.pick([200, 204, 401, 403, 500]) ?? 200) : step.inner === null ? 200 : 401;
    return answer(status, isVictim && random.next() < 0.15 ? mutateHeader(header, random) : header);
  });
  try {
    if (refusal !== null) return `refused ${refusalOf('hv-fuzz', refusal, 'Negotiate', false)?.code ?? 'by nothing'}`;
    // Without SPNEGO only the next sealed answer shows who the host is.
    if (bare) return 'logged on without SPNEGO';
    if (host.accepted === null) throw new Finding('is logged on, and no host let it in');
    const { signature, content } = client.seal(Buffer.from('question'));
    if (host.accepted.incoming.unseal({ signature, content }).toString() !== 'question') throw new Finding('has other keys than the host');
    return 'logged on';
  } finally {
    client.dispose();
  }
}

function mutatedToken({ inner, mic }: { readonly inner: Buffer | null; readonly mic: Buffer | null }, random: RandomStream): Buffer {
  const kind = random.next();
  if (kind < 0.35) return spnegoToken(inner === null ? null : mutateBytes(inner, random), mic);
  if (kind < 0.5) return spnegoToken(inner, mutateBytes(mic ?? Buffer.alloc(16), random));
  if (kind < 0.6) return inner ?? mutateBytes(spnegoToken(inner, mic), random);
  return mutateBytes(kind < 0.7 && inner !== null ? inner : spnegoToken(inner, mic), random);
}

/** A host that can not make anything of a token refuses it. */
function refused(error: unknown): null {
  if (error instanceof SecurityError) return null;
  throw error;
}

function answer(status: number, authenticate: string): HttpAnswer {
  return { status, authenticate, contentType: '', contentEncoding: 'identity', date: null, body: Buffer.alloc(0) };
}
