import { FailbackError } from '../../../domain/failure.ts';
import { GssError, GssUnavailable } from '../../../gssapi/gss-error.ts';
import { type GssContext, gssapi } from '../../../gssapi/gssapi.ts';
import type { CimHost } from '../../cim.ts';
import { type Accepted, type Acceptor, LogOnRefused, type SealedMessage, type SecureChannel } from './acceptor.ts';
import { isAccountOf } from './account.ts';
import type { ChannelBinding } from './channel-binding.ts';

/** Kerberos by the system's library. A principal is the host's account when it has its name, in whatever realm. */
export class KerberosAcceptor implements Acceptor {
  readonly #host: CimHost;
  readonly #keytab: string;
  readonly #binding: ChannelBinding | null;
  #context: GssContext | null = null;

  /** @param binding of the TLS connection; null over plain HTTP */
  constructor(host: CimHost, keytab: string, binding: ChannelBinding | null) {
    this.#host = host;
    this.#keytab = keytab;
    this.#binding = binding;
  }

  async accept(token: Buffer): Promise<Accepted> {
    try {
      this.#context ??= await acceptor(this.#keytab, this.#binding);
      const context = this.#context;
      const answer = await context.step(token);
      if (!context.complete) return { token: answer, session: null };
      if (this.#binding?.required && !context.channelBound) throw new LogOnRefused('no channel binding');
      if (!isAccountOf(this.#host, context.peer ?? '')) throw new LogOnRefused('no such account');
      return { token: answer, session: { account: this.#host.username, channel: new KerberosChannel(context), confidential: true } };
    } catch (error) {
      throw refusal(error);
    }
  }

  dispose(): void {
    this.#context?.dispose();
    this.#context = null;
  }
}

class KerberosChannel implements SecureChannel {
  readonly #context: GssContext;

  constructor(context: GssContext) {
    this.#context = context;
  }

  seal(plain: Buffer): SealedMessage {
    const { header, content } = this.#context.wrap(plain);
    return { signature: header, content };
  }

  unseal({ signature, content }: SealedMessage): Buffer {
    return orRefuse(() => this.#context.unwrap(signature, content));
  }

  makeMic(message: Buffer): Buffer {
    return this.#context.getMic(message);
  }

  verifyMic(message: Buffer, mic: Buffer): void {
    orRefuse(() => this.#context.verifyMic(message, mic));
  }
}

/** @throws FailbackError `usage.invalid` when Kerberos cannot be had here, or the file has no keys */
export async function mustHaveKeys(keytab: string): Promise<void> {
  try {
    (await acceptor(keytab, null)).dispose();
  } catch (cause) {
    const remedy = cause instanceof GssUnavailable ? cause.remedy : `Look at what the file has: klist -k ${keytab}`;
    const message = `Simulated hosts cannot take Kerberos: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new FailbackError({ class: 'operator', code: 'usage.invalid', message, remedy }, { cause });
  }
}

async function acceptor(keytab: string, binding: ChannelBinding | null): Promise<GssContext> {
  return (await gssapi()).accept({ mechanism: 'kerberos', keytab, channelBinding: binding?.data ?? null });
}

function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): unknown {
  return error instanceof GssError ? new LogOnRefused(error.message) : error;
}
