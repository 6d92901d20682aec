import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createNtlm } from '../../../../src/hyperv/wsman/log-on/ntlm.ts';
import { readSealed, writeSealed } from '../../../../src/hyperv/wsman/log-on/sealed-body.ts';
import type { SealedMessage, SecurityContext } from '../../../../src/hyperv/wsman/log-on/security-context.ts';

const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';
const SPNEGO = 'application/HTTP-SPNEGO-session-encrypted';

export interface RawAnswer {
  readonly status: number;
  /** WWW-Authenticate, one entry a header. */
  readonly authenticate: readonly string[];
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** One connection to a host over plain HTTP, and what is said on it. The log-on itself is the product's. */
export class LogOnClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Connections that were opened. */
  connections = 0;

  constructor(url: string) {
    this.#url = url;
  }

  close(): void {
    this.#agent.destroy();
  }

  post(body: Buffer | string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = request(
        this.#url,
        {
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': SOAP_TYPE, 'content-length': Buffer.byteLength(body), ...headers },
        },
        (response) => read(response).then(resolve, reject),
      );
      sent.on('error', reject);
      sent.on('socket', () => {
        if (!sent.reusedSocket) this.connections++;
      });
      sent.end(body);
    });
  }

  /** Exchanges tokens with empty bodies until the host is content or refuses. */
  async logOn(context: SecurityContext, scheme = 'Negotiate'): Promise<RawAnswer> {
    let token = await context.step(null);
    for (;;) {
      const answer = await this.post('', { authorization: `${scheme} ${token?.toString('base64')}` });
      const answered = tokenOf(answer, scheme);
      if (answered === null) return answer;
      token = await context.step(answered);
      if (token === null) return answer;
    }
  }

  /** @param change of the sealed message on its way */
  async postSealed(
    context: SecurityContext,
    document: string,
    headers: Readonly<Record<string, string>> = {},
    change: (sealed: SealedMessage) => SealedMessage = (sealed) => sealed,
  ): Promise<RawAnswer & { readonly text: string | null }> {
    const plain = Buffer.from(document);
    const { contentType, body } = writeSealed(change(context.seal(plain)), plain.length, SPNEGO);
    const answer = await this.post(body, { 'content-type': contentType, ...headers });
    const [part] = answer.contentType?.startsWith('multipart/encrypted') ? readSealed(answer.body, answer.contentType) : [];
    return { ...answer, text: part === undefined ? null : context.unseal(part.sealed).toString() };
  }
}

/** NTLM as the account that simulated hosts have. */
export function ntlm(password = 'Passw0rd!'): SecurityContext {
  return createNtlm({ username: 'hvadmin', password, targetName: 'HTTP/hvhost1', channelBinding: null });
}

/** A mechanism that has something to say, and is never heard. */
export function pretendedKerberos(): SecurityContext {
  const never = (): never => {
    throw new Error('Kerberos was not chosen');
  };
  return {
    mechanism: 'Kerberos',
    oid: '1.2.840.113554.1.2.2',
    complete: false,
    expiresAt: null,
    step: async () => Buffer.from('6009060a2a864886f712010202', 'hex'),
    sign: never,
    verify: never,
    seal: never,
    unseal: never,
    dispose: () => undefined,
  };
}

/** The token of a scheme that an answer brings; null without one. */
export function tokenOf({ authenticate }: RawAnswer, scheme: string): Buffer | null {
  const line = authenticate.find((one) => one.startsWith(`${scheme} `));
  return line === undefined ? null : Buffer.from(line.slice(scheme.length + 1), 'base64');
}

async function read(response: IncomingMessage): Promise<RawAnswer> {
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  const { rawHeaders } = response;
  const authenticate = rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate');
  return { status: response.statusCode ?? 0, authenticate, contentType: response.headers['content-type'], body: Buffer.concat(parts) };
}
