import { GssError, GssUnavailable } from '../../../gssapi/gss-error.ts';
import { type GssContext, gssapi, type InitiateOptions } from '../../../gssapi/gssapi.ts';
import { principalOf } from './kerberos-principal.ts';
import { type Attempt, explain } from './kerberos-trouble.ts';
import type { Identity } from './log-on.ts';
import { type SealedMessage, type SecurityContext, SecurityError } from './security-context.ts';

export interface KerberosOptions {
  /** Service principal name of the host, such as `HTTP/hv-dr-01.example.net`; a realm may follow: `…@REALM`. Case is kept. */
  readonly spn: string;
  /** What is shown to the KDC. Users are named as {@link principalOf} reads them. */
  readonly identity: Identity;
  /** `tls-server-end-point:` and the hash of the host's certificate; null without TLS. */
  readonly channelBinding: Buffer | null;
  /** Hears that no tickets for this host are to be had here, whoever asks. */
  readonly onUnavailable?: () => void;
}

/**
 * A Kerberos log-on by the system's MIT library: both sides known, messages sealed, nothing delegated. Nothing is loaded or asked before the
 * first step. What the credentials' resolver throws comes out as it is.
 */
export function createKerberos(options: KerberosOptions): SecurityContext {
  return new Kerberos(options);
}

class Kerberos implements SecurityContext {
  readonly mechanism = 'Kerberos';
  readonly oid = '1.2.840.113554.1.2.2';
  readonly #options: KerberosOptions;
  #attempt: Attempt;
  #context: GssContext | undefined;
  #disposed = false;

  constructor(options: KerberosOptions) {
    this.#options = options;
    const { identity } = options;
    const place = { password: null, keytab: 'file' in identity ? identity.file : null, cache: 'name' in identity ? identity.name : null };
    this.#attempt = { spn: options.spn, principal: null, shows: identity.kind, place: place[identity.kind], answered: false };
  }

  get complete(): boolean {
    return this.#context?.complete ?? false;
  }

  get expiresAt(): Date | null {
    return this.#context?.expiresAt ?? null;
  }

  async step(token: Buffer | null): Promise<Buffer | null> {
    try {
      if (token !== null) this.#attempt = { ...this.#attempt, answered: true };
      this.#context ??= await this.#begin();
      if (this.#disposed) this.#context.dispose();
      return await this.#context.step(token);
    } catch (error) {
      const explained = this.#explain(error);
      if (explained instanceof SecurityError && ['unavailable', 'host'].includes(explained.trouble)) this.#options.onUnavailable?.();
      throw explained;
    }
  }

  sign(message: Buffer): Buffer {
    return this.#guarded((context) => context.getMic(message));
  }

  verify(message: Buffer, signature: Buffer): void {
    this.#guarded((context) => context.verifyMic(message, signature));
  }

  seal(message: Buffer): SealedMessage {
    const { header, content } = this.#guarded((context) => context.wrap(message));
    return { signature: header, content };
  }

  unseal({ signature, content }: SealedMessage): Buffer {
    return this.#guarded((context) => context.unwrap(signature, content));
  }

  dispose(): void {
    this.#disposed = true;
    this.#context?.dispose();
  }

  async #begin(): Promise<GssContext> {
    const shown = await this.#shown();
    this.#attempt = { ...this.#attempt, principal: shown.principal ?? null };
    const { initiate } = await gssapi();
    return initiate({ mechanism: 'kerberos', target: this.#options.spn, channelBinding: this.#options.channelBinding, ...shown });
  }

  async #shown(): Promise<Pick<InitiateOptions, 'principal' | 'password' | 'keytab' | 'cache'>> {
    const { identity } = this.#options;
    switch (identity.kind) {
      case 'password': {
        const { username, password } = await identity.credentials();
        return { principal: principalOf(username), password };
      }
      case 'keytab':
        return { principal: principalOf(identity.principal), keytab: identity.file };
      case 'cache':
        return {
          principal: identity.principal === null ? null : principalOf(identity.principal),
          ...(identity.name === null ? {} : { cache: identity.name }),
        };
    }
  }

  #guarded<T>(use: (context: GssContext) => T): T {
    if (this.#context === undefined || !this.complete) throw new Error('The Kerberos log-on is not complete');
    try {
      return use(this.#context);
    } catch (error) {
      if (error instanceof GssError) throw new SecurityError('tampered', `A message can not be trusted (${error.message})`);
      throw error;
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof GssUnavailable) return new SecurityError('unavailable', error.message, error.remedy);
    return error instanceof GssError ? explain(error, this.#attempt) : error;
  }
}
