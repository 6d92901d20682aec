import { Context, FLAG } from './context.ts';
import { acquireAcceptor, acquireInitiator } from './credentials.ts';
import { type ChannelBindings, type Handle, type Library, loadLibrary, type Out } from './library.ts';
import { bytes, Native, OID } from './native.ts';

export type Mechanism = 'kerberos' | 'ntlm' | 'spnego';

export interface InitiateOptions {
  readonly mechanism: Mechanism;
  /**
   * The service. `HTTP/host` is taken as it is, and a KDC is asked in which realm it lives; a realm may follow (`HTTP/host@REALM`).
   * `HTTP@host` is GSSAPI's host-based form, for which MIT may ask DNS for another name of the host.
   */
  readonly target: string;
  /** Default: that of the cache, or the first of the keytab. Needed with a password. */
  readonly principal?: string | null;
  readonly password?: string;
  /** File with the initiator's keys. */
  readonly keytab?: string;
  /** Credential cache by its name, such as `FILE:/run/tickets`; default: the process's own. */
  readonly cache?: string;
  /** Application data of the channel binding, such as `tls-server-end-point:…`. */
  readonly channelBinding?: Buffer | null;
  /** Whether messages will be sealed; default true, and a context that can not is refused. */
  readonly confidential?: boolean;
}

export interface AcceptOptions {
  /** Default `kerberos`. */
  readonly mechanism?: Mechanism;
  /** File with the keys of the service; default: the system's. */
  readonly keytab?: string;
  /** `HTTP` or `HTTP@host`; default: whatever there is a key for. */
  readonly service?: string | null;
  /** An initiator that binds to another channel is refused; one that binds to none is not, see {@link GssContext.channelBound}. */
  readonly channelBinding?: Buffer | null;
}

export interface GssContext {
  /** Nothing more is to come from the peer. */
  readonly complete: boolean;
  /** Once it is complete, the name under which an initiator has logged on; an acceptor has none. */
  readonly self: string | null;
  /** Once it is complete, the name of the other side. */
  readonly peer: string | null;
  /** When the peer may stop to honour it; null when that is not limited or not known. */
  readonly expiresAt: Date | null;
  /** Of an acceptor: the initiator has shown that it is at the other end of the same channel. */
  readonly channelBound: boolean;
  /**
   * Takes the peer's token (an initiator's first step: null) and gives the next one, or null when there is nothing to send. Runs beside the
   * event loop, as it may wait for a KDC for some ten seconds; there is no way to give it up.
   * @throws GssError
   */
  step(token: Buffer | null): Promise<Buffer | null>;
  /** Seals. The content is as long as the plain text, or a little longer with old ciphers. @throws GssError */
  wrap(plain: Buffer): { header: Buffer; content: Buffer };
  /** @throws GssError when the message is not sealed, was changed, was seen before or is out of order */
  unwrap(header: Buffer, content: Buffer): Buffer;
  getMic(message: Buffer): Buffer;
  /** @throws GssError */
  verifyMic(message: Buffer, mic: Buffer): void;
  /** Gives back what the library keeps. Doing it twice does no harm; during a step it happens after it. */
  dispose(): void;
}

export interface Gssapi {
  /** May wait for a KDC. @throws GssError */
  initiate(options: InitiateOptions): Promise<GssContext>;
  /** @throws GssError */
  accept(options: AcceptOptions): Promise<GssContext>;
}

const INDEFINITE = 0xff_ff_ff_ff;

let library: Promise<Library> | undefined;

/** The system's GSSAPI. It is looked for when it is first asked for. @throws GssUnavailable */
export async function gssapi(): Promise<Gssapi> {
  library ??= loadLibrary();
  try {
    return apiOf(await library);
  } catch (error) {
    // It may be installed before the next attempt.
    library = undefined;
    throw error;
  }
}

function apiOf(loaded: Library): Gssapi {
  return {
    async initiate(options) {
      const mechanism = OID[options.mechanism];
      const native = new Native(loaded, mechanism);
      const target = importTarget(native, options);
      const releaseTarget = () => native.call('release_name', target);
      const credentials = await acquireInitiator(native, mechanism, options).catch((error: unknown) => {
        releaseTarget();
        throw error;
      });
      const sealing = options.confidential === false ? FLAG.integrity : FLAG.integrity | FLAG.confidentiality;
      // NTLM's mechanism has no word for it.
      const mutual = options.mechanism === 'ntlm' ? 0 : FLAG.mutual;
      const wanted = sealing | mutual | FLAG.replay | FLAG.sequence;
      return new Context({
        native,
        initiates: true,
        required: wanted,
        async round(context, input, output) {
          const [flags, lifetime]: [Out<number>, Out<number>] = [[0], [0]];
          const bindings = bindingsOf(options.channelBinding);
          const token = input === null ? null : bytes(input);
          const from = [credentials.handle, context, target[0], mechanism, wanted, INDEFINITE, bindings, token] as const;
          const major = await native.callAsync('init_sec_context', ...from, null, output, flags, lifetime);
          return { major, flags: flags[0], lifetime: lifetime[0] };
        },
        release() {
          releaseTarget();
          credentials.release();
        },
      });
    },

    async accept(options) {
      const mechanism = OID[options.mechanism ?? 'kerberos'];
      const native = new Native(loaded, mechanism);
      const credentials = await acquireAcceptor(native, mechanism, options);
      return new Context({
        native,
        initiates: false,
        required: 0,
        async round(context, input, output) {
          const [flags, lifetime]: [Out<number>, Out<number>] = [[0], [0]];
          const bindings = bindingsOf(options.channelBinding);
          const from = [context, credentials.handle, bytes(input ?? Buffer.alloc(0)), bindings, null, null] as const;
          const major = await native.callAsync('accept_sec_context', ...from, output, flags, lifetime, null);
          return { major, flags: flags[0], lifetime: lifetime[0] };
        },
        release: credentials.release,
      });
    },
  };
}

function importTarget(native: Native, { mechanism, target }: InitiateOptions): Out<Handle> {
  if (!target.includes('/')) return native.importName(target, OID.hostBasedService);
  if (mechanism !== 'kerberos') return native.importName(target.replace('/', '@'), OID.hostBasedService);
  // An empty realm lets the KDC of the initiator's realm say where the service lives, as Windows does.
  return native.importName(target.includes('@') ? target : `${target}@`, OID.kerberosPrincipal);
}

function bindingsOf(applicationData: Buffer | null | undefined): ChannelBindings | null {
  if (applicationData == null) return null;
  const none = { length: 0, value: null };
  return {
    initiator_addrtype: 0,
    initiator_address: none,
    acceptor_addrtype: 0,
    acceptor_address: none,
    application_data: bytes(applicationData),
  };
}
