import type { GssContext } from './gssapi.ts';
import type { Bytes, Handle, IovBuffer, Out } from './library.ts';
import { bytes, type Native, OID, refusal } from './native.ts';

/** Flags of a context (RFC 2744, 4.3, and MIT's for channel bindings). */
export const FLAG = { mutual: 2, replay: 4, sequence: 8, confidentiality: 16, integrity: 32, channelBound: 2048 } as const;

/** What a round of establishing a context gave. */
export interface Round {
  /** Major status: bit 0 says that a token of the peer is wanted. */
  readonly major: number;
  /** {@link FLAG}s that the context has. */
  readonly flags: number;
  /** Seconds from now; 0xffffffff is for ever. */
  readonly lifetime: number;
}

export interface Establishment {
  readonly native: Native;
  readonly initiates: boolean;
  /** {@link FLAG}s without which the context is refused. */
  readonly required: number;
  /** One round, off the event loop. `output` is filled in also when it throws. */
  round(context: Out<Handle>, input: Buffer | null, output: Partial<Bytes>): Promise<Round>;
  /** Gives back what only establishing needs. */
  release(): void;
}

const CONTINUE_NEEDED = 1;
const FOR_EVER = 0xff_ff_ff_ff;
const DATA = 1;
const HEADER = 2;
const PADDING = 9;
const ALLOCATE = 0x1_00_00;
const NTLM_SIGNATURE = 16;

export class Context implements GssContext {
  complete = false;
  self: string | null = null;
  peer: string | null = null;
  expiresAt: Date | null = null;
  channelBound = false;

  readonly #establishment: Establishment;
  readonly #native: Native;
  readonly #handle: Out<Handle> = [null];
  #isNtlm = false;
  #busy = false;
  #disposed = false;
  #released = false;

  constructor(establishment: Establishment) {
    this.#establishment = establishment;
    this.#native = establishment.native;
  }

  async step(token: Buffer | null): Promise<Buffer | null> {
    if (this.#busy || this.#disposed || this.complete) throw refusal('noContext', 'The context is not waiting for a token');
    this.#busy = true;
    const output: Partial<Bytes> = {};
    let answer: Buffer;
    try {
      const round = await this.#establishment.round(this.#handle, token, output);
      if ((round.major & CONTINUE_NEEDED) === 0 && !this.#disposed) this.#establish(round);
    } finally {
      answer = this.#native.take(output);
      this.#busy = false;
      if (this.#disposed) this.#free();
    }
    return answer.length === 0 ? null : answer;
  }

  wrap(plain: Buffer): { header: Buffer; content: Buffer } {
    return this.#isNtlm ? this.#wrapWhole(plain) : this.#wrapParts(plain);
  }

  /** A token in parts is the whole token one part after the other, as RFC 4121 4.2.5 has it rotated; `gss_unwrap` turns it back. */
  unwrap(header: Buffer, content: Buffer): Buffer {
    const plain: Partial<Bytes> = {};
    const sealed: Out<number> = [0];
    let major: number;
    let message: Buffer;
    try {
      major = this.#native.call('unwrap', this.#handle[0], bytes(Buffer.concat([header, content])), plain, sealed, null);
    } finally {
      message = this.#native.take(plain);
    }
    // Of an established context these say: seen before, too old, or out of order.
    if (major !== 0) throw refusal('badSignature', 'The message was replayed, is out of order, or one before it is missing');
    if (sealed[0] === 0) throw refusal('badSignature', 'The message is not sealed');
    return message;
  }

  getMic(message: Buffer): Buffer {
    const mic: Partial<Bytes> = {};
    this.#native.call('get_mic', this.#handle[0], 0, bytes(message), mic);
    return this.#native.take(mic);
  }

  verifyMic(message: Buffer, mic: Buffer): void {
    if (this.#native.call('verify_mic', this.#handle[0], bytes(message), bytes(mic), null) !== 0)
      throw refusal('badSignature', 'The signature was replayed, is out of order, or one before it is missing');
  }

  dispose(): void {
    this.#disposed = true;
    if (!this.#busy) this.#free();
  }

  #establish({ flags, lifetime }: Round): void {
    const lacking = Object.entries(FLAG).filter(([, flag]) => (this.#establishment.required & flag & ~flags) !== 0);
    if (lacking.length > 0) throw refusal('unavailable', `The log-on lacks ${lacking.map(([name]) => name).join(', ')}`);
    const [source, target, mechanism]: [Out<Handle>, Out<Handle>, Out<Handle>] = [[null], [null], [null]];
    // An acceptor's own name is not asked for: NTLM's mechanism has none, and breaks.
    const targetOfInitiator = this.#establishment.initiates ? target : null;
    this.#native.call('inquire_context', this.#handle[0], source, targetOfInitiator, null, mechanism, null, null, null);
    const [initiator, acceptor] = [this.#native.takeName(source), this.#native.takeName(target)];
    [this.self, this.peer] = this.#establishment.initiates ? [initiator, acceptor] : [null, initiator];
    this.#isNtlm = this.#native.library.readOid(mechanism[0]).equals(OID.ntlm.elements);
    this.expiresAt = lifetime === FOR_EVER ? null : new Date(Date.now() + lifetime * 1000);
    this.channelBound = (flags & FLAG.channelBound) !== 0;
    this.complete = true;
    this.#releaseEstablishment();
  }

  /** Kerberos, as Windows lays it out: signature, then as many bytes as the message has, then padding of old ciphers. */
  #wrapParts(plain: Buffer): { header: Buffer; content: Buffer } {
    const content = Buffer.from(plain);
    const iov: IovBuffer[] = [
      { type: HEADER | ALLOCATE, buffer: { length: 0, value: null } },
      { type: DATA, buffer: bytes(content) },
      { type: PADDING | ALLOCATE, buffer: { length: 0, value: null } },
    ];
    const sealed: Out<number> = [0];
    try {
      this.#native.call('wrap_iov', this.#handle[0], 1, 0, sealed, iov, iov.length);
      if (sealed[0] === 0) throw refusal('unavailable', 'The context can not seal');
      const [header, , padding] = iov.map(({ buffer }) => this.#native.library.read(buffer.value as Handle, buffer.length));
      return { header: header as Buffer, content: Buffer.concat([content, padding as Buffer]) };
    } finally {
      this.#native.call('release_iov_buffer', iov, iov.length);
    }
  }

  /** NTLM's mechanism does not know parts, but its signature has one length. */
  #wrapWhole(plain: Buffer): { header: Buffer; content: Buffer } {
    const output: Partial<Bytes> = {};
    const sealed: Out<number> = [0];
    this.#native.call('wrap', this.#handle[0], 1, 0, bytes(plain), sealed, output);
    const whole = this.#native.take(output);
    if (sealed[0] === 0) throw refusal('unavailable', 'The context can not seal');
    return { header: whole.subarray(0, NTLM_SIGNATURE), content: whole.subarray(NTLM_SIGNATURE) };
  }

  #free(): void {
    if (this.#handle[0] !== null) this.#native.call('delete_sec_context', this.#handle, null);
    this.#releaseEstablishment();
  }

  #releaseEstablishment(): void {
    if (this.#released) return;
    this.#released = true;
    this.#establishment.release();
  }
}
