import { timingSafeEqual } from 'node:crypto';
import { LogOnRefused, type SealedMessage, type SecureChannel } from './acceptor.ts';
import { hmacMd5, sealKey, signKey } from './ntlm-keys.ts';
import { Rc4 } from './rc4.ts';

const SIGNATURE_VERSION = 1;

/** One direction of a connection: NTLM with extended session security, 128 bits and key exchange (MS-NLMP 3.4). */
class Stream {
  readonly #signKey: Buffer;
  readonly #sealKey: Buffer;
  #cipher: Rc4;
  #sequence = 0;

  constructor(sessionKey: Buffer, direction: 'client-to-server' | 'server-to-client') {
    this.#signKey = signKey(sessionKey, direction);
    this.#sealKey = sealKey(sessionKey, direction);
    this.#cipher = new Rc4(this.#sealKey);
  }

  cipher(bytes: Buffer): Buffer {
    return this.#cipher.transform(bytes);
  }

  /** The signature of the next message. */
  sign(plain: Buffer): Buffer {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence++);
    const checksum = this.#cipher.transform(hmacMd5(this.#signKey, sequence, plain).subarray(0, 8));
    const signature = Buffer.alloc(16);
    signature.writeUInt32LE(SIGNATURE_VERSION);
    checksum.copy(signature, 4);
    sequence.copy(signature, 12);
    return signature;
  }

  /** MS-SPNG 3.3.5.1: after the list of mechanisms was signed the cipher begins anew; the sequence goes on. */
  signMechanisms(list: Buffer): Buffer {
    const mic = this.sign(list);
    this.#cipher = new Rc4(this.#sealKey);
    return mic;
  }
}

/** Seals and unseals for the server's end of a connection. */
export class NtlmChannel implements SecureChannel {
  readonly #incoming: Stream;
  readonly #outgoing: Stream;

  constructor(sessionKey: Buffer) {
    this.#incoming = new Stream(sessionKey, 'client-to-server');
    this.#outgoing = new Stream(sessionKey, 'server-to-client');
  }

  seal(plain: Buffer): SealedMessage {
    const content = this.#outgoing.cipher(plain);
    return { content, signature: this.#outgoing.sign(plain) };
  }

  unseal({ content, signature }: SealedMessage): Buffer {
    const plain = this.#incoming.cipher(content);
    mustEqual(signature, this.#incoming.sign(plain));
    return plain;
  }

  makeMic(list: Buffer): Buffer {
    return this.#outgoing.signMechanisms(list);
  }

  verifyMic(list: Buffer, mic: Buffer): void {
    mustEqual(mic, this.#incoming.signMechanisms(list));
  }
}

function mustEqual(sent: Buffer, right: Buffer): void {
  if (sent.length !== right.length || !timingSafeEqual(sent, right)) throw new LogOnRefused('wrong signature');
}
