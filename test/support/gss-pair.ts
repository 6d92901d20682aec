import { onTestFinished } from 'vitest';
import { type AcceptOptions, type GssContext, gssapi, type InitiateOptions } from '../../src/gssapi/gssapi.ts';

export interface GssPair {
  readonly initiator: GssContext;
  readonly acceptor: GssContext;
}

/** Both sides of a log-on, which has not begun; disposed of when the test ends. */
export async function gssPair(initiate: InitiateOptions, accept: AcceptOptions): Promise<GssPair> {
  const { initiate: begin, accept: wait } = await gssapi();
  const initiator = await begin(initiate);
  onTestFinished(() => initiator.dispose());
  const acceptor = await wait(accept);
  onTestFinished(() => acceptor.dispose());
  return { initiator, acceptor };
}

/** Carries tokens to and fro until nobody has anything to say. */
export async function logOn({ initiator, acceptor }: GssPair): Promise<GssPair> {
  let token = await initiator.step(null);
  while (token !== null) {
    const answer: Buffer | null = await acceptor.step(token);
    token = answer === null ? null : await initiator.step(answer);
  }
  return { initiator, acceptor };
}
