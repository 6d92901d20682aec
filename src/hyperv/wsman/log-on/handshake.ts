import type { HttpAnswer } from '../http-exchange.ts';
import { throwBroken } from './broken-security.ts';
import { type SecurityContext, SecurityError } from './security-context.ts';

/** Tokens that are sent at most: Kerberos needs one or two, NTLM two, and one more where SPNEGO has to change the mechanism. */
const MAX_TOKENS = 6;

/**
 * Logs a connection on: sends tokens in requests without content until the host accepts, and has shown who it is.
 * @param scheme name in the `Authorization` header
 * @param ask one request without content, with this header; its answer
 * @returns null when it is done, else the answer by which the host refused
 * @throws TransportError, `sent` false: nothing but tokens has left
 */
export async function handshake(
  context: SecurityContext,
  scheme: string,
  ask: (authorization: string) => Promise<HttpAnswer>,
): Promise<HttpAnswer | null> {
  try {
    let token = await context.step(null);
    for (let tokens = 0; tokens < MAX_TOKENS && token !== null; tokens += 1) {
      const answer = await ask(`${scheme} ${token.toString('base64')}`);
      const reply = tokenIn(answer.authenticate, scheme);
      if (answer.status >= 200 && answer.status <= 299) {
        if (reply !== null) await context.step(reply);
        if (context.complete) return null;
        throw new SecurityError('tampered', 'The host accepted the log-on without showing that it knows the keys');
      }
      if (answer.status !== 401 || reply === null) return answer;
      token = await context.step(reply);
    }
    throw new SecurityError('malformed', 'The host does not come to an end with the log-on');
  } catch (error) {
    throwBroken(error, context, false);
  }
}

/** Host's token of this scheme; null when it sends none. */
function tokenIn(authenticate: string, scheme: string): Buffer | null {
  const [, text = ''] = new RegExp(`(?:^|,)\\s*${scheme}\\s+([A-Za-z0-9+/]+=*)\\s*(?:,|$)`, 'i').exec(authenticate) ?? [];
  return text === '' ? null : Buffer.from(text, 'base64');
}
