import type { GssContext } from '../../../src/gssapi/gssapi.ts';
import { oidContent } from '../../../src/hyperv/wsman/log-on/der.ts';
import type { SecurityContext } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import { createSpnego } from '../../../src/hyperv/wsman/log-on/spnego.ts';
import { writeNegTokenResp } from '../../../src/hyperv/wsman/log-on/spnego-tokens.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import type { Corpus } from '../corpus.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { mechTokenOf, type NtlmHost } from '../ntlm-host.ts';
import { Finding } from '../outcome.ts';
import { fuzzBodies } from './sealed.ts';

const KERBEROS_SESSION = 'application/HTTP-Kerberos-session-encrypted';

/** Tokens of a host with Kerberos, and messages it has sealed, as MIT's library takes them. */
export async function fuzzKerberos(random: RandomStream, { kerberos, samples }: Corpus): Promise<string> {
  if (typeof kerberos === 'string') return `skipped: ${kerberos}`;
  const [client, host] = [kerberos.client(), await kerberos.host()];
  try {
    if (random.next() < 0.5) return await fuzzTokens(client, host, random);
    await client.step(await host.step(await client.step(null)));
    return await fuzzBodies(client, sealing(host), KERBEROS_SESSION, random, samples);
  } finally {
    client.dispose();
    host.dispose();
  }
}

async function fuzzTokens(kerberos: SecurityContext, host: GssContext, random: RandomStream): Promise<string> {
  const spnego = random.next() < 0.5;
  const client = spnego ? createSpnego([kerberos]) : kerberos;
  const first = await client.step(null);
  const asked = first !== null && spnego ? mechTokenOf(first) : first;
  const token = await host.step(asked);
  if (token === null) throw new Error('the host has nothing to say');
  const inner = random.next() < 0.5 ? mutateBytes(token, random) : token;
  const around = spnego ? response(inner) : inner;
  await client.step(inner === token ? mutateBytes(around, random) : around);
  if (!client.complete) return 'not logged on yet';
  const sealed = client.seal(Buffer.from('question'));
  if (host.unwrap(sealed.signature, sealed.content).toString() !== 'question') throw new Finding('has other keys than the host');
  return 'logged on';
}

function response(responseToken: Buffer): Buffer {
  const supportedMech = oidContent('1.2.840.113554.1.2.2');
  return writeNegTokenResp({ state: 'accept-completed', supportedMech, responseToken, mechListMic: null });
}

function sealing(host: GssContext): Pick<NtlmHost, 'seal' | 'unseal'> {
  return {
    seal(message) {
      const { header, content } = host.wrap(message);
      return { signature: header, content };
    },
    unseal: ({ signature, content }) => host.unwrap(signature, content),
  };
}
