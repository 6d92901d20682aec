import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CimHost } from '../../cim.ts';
import { type Acceptor, LogOnRefused } from './acceptor.ts';
import { type ChannelBinding, channelBinding } from './channel-binding.ts';
import { ConnectionLogOn } from './connection-log-on.ts';
import { KerberosAcceptor } from './kerberos-acceptor.ts';
import { NegotiateAcceptor } from './negotiate-acceptor.ts';
import { NtlmAcceptor } from './ntlm-acceptor.ts';
import { type AuthScheme, type HandshakeScheme, type LogOnOptions, schemesOf } from './schemes.ts';
import { Oid } from './spnego-tokens.ts';

const TOKENS_OF: Readonly<Record<HandshakeScheme, AuthScheme>> = { Negotiate: 'negotiate', Kerberos: 'kerberos', NTLM: 'ntlm' };

/** How one host lets clients log on, and who has. */
export class LogOns {
  /** What is offered. */
  readonly schemes: readonly AuthScheme[];
  readonly #host: CimHost;
  readonly #options: LogOnOptions;
  readonly #binding: ChannelBinding | null;
  readonly #connections = new Map<Socket, ConnectionLogOn>();

  /**
   * @param tls the served certificate (PEM), and whether clients are asked for theirs; undefined without TLS
   * @throws FailbackError `usage.invalid` for a scheme that lacks what it needs
   */
  constructor(host: CimHost, options: LogOnOptions, tls: { readonly cert: string; readonly clientCa?: string } | undefined) {
    this.#host = host;
    this.#options = options;
    this.schemes = schemesOf(options, tls?.clientCa !== undefined);
    this.#binding = tls === undefined ? null : channelBinding(tls.cert, options.cbtHardeningLevel === 'Strict');
  }

  /** The log-on of a connection, until that closes. */
  of(socket: Socket): ConnectionLogOn {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const made = new ConnectionLogOn();
    this.#connections.set(socket, made);
    socket.once('close', () => {
      this.#connections.delete(socket);
      void made.inTurn(async () => made.forget());
    });
    return made;
  }

  /** Nobody is logged on any more; connections stay open. Requests under way are answered before. */
  async forget(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.inTurn(async () => connection.forget())));
  }

  takesBasic(socket: Socket): boolean {
    return this.schemes.includes('basic') && (isSecure(socket) || this.#options.basicOverHttp !== false);
  }

  /** Whether messages may be plain after a log-on by tokens. */
  takesPlain(socket: Socket): boolean {
    return isSecure(socket) || this.#options.allowUnencrypted === true;
  }

  /** What a 401 offers, one header each. Certificates are not offered there. */
  offers(socket: Socket): readonly string[] {
    const tokens = (['Negotiate', 'Kerberos', 'NTLM'] as const).filter((scheme) => this.schemes.includes(TOKENS_OF[scheme]));
    return [...tokens, ...(this.takesBasic(socket) ? ['Basic realm="WSMAN"'] : [])];
  }

  /** Begins a log-on. @throws LogOnRefused for a scheme that is not offered */
  begin(scheme: HandshakeScheme, socket: Socket): Acceptor {
    if (!this.schemes.includes(TOKENS_OF[scheme])) throw new LogOnRefused('a scheme this host does not offer');
    const binding = isSecure(socket) ? this.#binding : null;
    const mechanisms = new Map<string, () => Acceptor>();
    const { keytab } = this.#options;
    if (keytab !== undefined && scheme !== 'NTLM') {
      for (const oid of [Oid.kerberos, Oid.microsoftKerberos]) mechanisms.set(oid, () => new KerberosAcceptor(this.#host, keytab, binding));
    }
    if (scheme !== 'Kerberos') mechanisms.set(Oid.ntlm, () => new NtlmAcceptor(this.#host, binding));
    return new NegotiateAcceptor(mechanisms);
  }
}

function isSecure(socket: Socket): boolean {
  return socket instanceof TLSSocket;
}
