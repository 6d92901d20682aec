import type { Connection } from '../../../src/hyperv/wsman/connection.ts';
import type { HttpPost } from '../../../src/hyperv/wsman/http-exchange.ts';
import { type PosterAs, postAs } from '../../../src/hyperv/wsman/log-on/post-as.ts';
import type { SecurityContext } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import type { Corpus } from '../corpus.ts';
import { mutateHeader } from '../mutate-header.ts';
import { mutateMultipart } from '../mutate-multipart.ts';
import { NtlmHost, openBody, SPNEGO_SESSION, sealBody, spnegoToken } from '../ntlm-host.ts';
import { Finding } from '../outcome.ts';
import type { Sample } from '../sample.ts';
import { ntlmClient } from './log-on.ts';

const QUESTION = Buffer.from('<question/>');
/** Longest answer that is sealed: the cipher is the same for the rest. */
const MAX_ANSWER = 2_000;

/**
 * Bodies of sealed messages. Whatever was done to one, only what the host said comes out of it: all of it, or as many of its messages as came in order.
 */
export async function fuzzSealed(random: RandomStream, { samples }: Corpus): Promise<string> {
  const [client, host] = [await ntlmClient(), new NtlmHost()];
  try {
    await logOn(client, host);
    return await fuzzBodies(client, host, SPNEGO_SESSION, random, samples);
  } finally {
    client.dispose();
  }
}

/** One exchange over a connection that is logged on. */
export async function fuzzBodies(
  client: SecurityContext,
  host: Pick<NtlmHost, 'seal' | 'unseal'>,
  protocol: string,
  random: RandomStream,
  samples: readonly Sample[],
): Promise<string> {
  const said = Buffer.from(random.pick(samples)?.text.slice(0, MAX_ANSWER) ?? '');
  const cut = random.next() < 0.6 ? said.length : random.between(0, said.length);
  const pieces = [said.subarray(0, cut), said.subarray(cut)].filter((piece, at) => at === 0 || piece.length > 0);
  const status = random.pick([200, 200, 200, 401, 403, 404, 500]) ?? 200;
  const answer = await post(client, protocol, async ({ body, contentType }) => {
    if (!openBody(host, body, contentType).equals(QUESTION)) throw new Finding('sent something else');
    const sealed = sealBody(host, protocol, pieces);
    return {
      status,
      contentType: random.next() < 0.15 ? mutateHeader(sealed.contentType, random) : sealed.contentType,
      body: random.next() < 0.9 ? mutateMultipart(sealed.body, random) : sealed.body,
      contentEncoding: 'identity',
      authenticate: '',
      date: null,
    };
  });
  if (!answer.sent) throw new Finding('was sent, and is said not to be');
  if (answer.authentic && status !== 200) throw new Finding(`takes the host's word for status ${status}, which is not sealed`);
  if (answer.body.length === 0) return 'nothing';
  if (answer.body.equals(said)) return 'as it was said';
  if (answer.body.equals(pieces[0] ?? said)) return 'as far as it came';
  throw new Finding('is not what the host said');
}

async function logOn(client: SecurityContext, host: NtlmHost): Promise<void> {
  let token = await client.step(null);
  while (token !== null) {
    const step = await host.step(token);
    if (step === null) throw new Error('the host refuses a right password');
    token = await client.step(spnegoToken(step.inner, step.mic));
  }
}

function post(security: SecurityContext, protocol: string, answer: (post: HttpPost) => ReturnType<PosterAs['post']>) {
  const connection = { security, certificate: null, close: () => undefined } as unknown as Connection;
  const as = { by: 'connection', scheme: 'Negotiate', protocol, mask: (text: string) => text, account: null } as const;
  const nobody = (): never => {
    throw new Finding('logs on again');
  };
  return postAs({ logOn: { ...as, start: nobody }, connection, ask: nobody, post: answer }, QUESTION);
}
