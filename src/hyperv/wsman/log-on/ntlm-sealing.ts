import { timingSafeEqual } from 'node:crypto';
import { type DirectionKeys, hmacMd5 } from './ntlm-keys.ts';
import { Rc4 } from './rc4.ts';
import { type SealedMessage, SecurityError } from './security-context.ts';

/** Signs and seals, or verifies and unseals, what travels in one direction (MS-NLMP 3.4.4.2, with extended session security and key exchange). */
export class NtlmDirection {
  readonly #signKey: Buffer;
  readonly #cipher: Rc4;
  #sequence = 0;

  constructor(keys: DirectionKeys) {
    this.#signKey = keys.sign;
    this.#cipher = new Rc4(keys.seal);
  }

  /**
   * A signature of 16 bytes over a message that travels in the clear, as the list of mechanisms does. It takes a sequence number, yet leaves the
   * stream where it was (MS-SPNG 3.3.5.1).
   */
  sign(message: Buffer): Buffer {
    return this.#signature(message, new Rc4(this.#cipher));
  }

  /** @throws SecurityError `tampered` */
  verify(message: Buffer, signature: Buffer): void {
    compare(this.sign(message), signature);
  }

  seal(message: Buffer): SealedMessage {
    // The checksum is enciphered after the content: the order of these two matters.
    const content = this.#cipher.apply(message);
    return { content, signature: this.#signature(message, this.#cipher) };
  }

  /** @throws SecurityError `tampered`; afterwards nothing of this direction can be unsealed any more */
  unseal({ content, signature }: SealedMessage): Buffer {
    const message = this.#cipher.apply(content);
    compare(this.#signature(message, this.#cipher), signature);
    return message;
  }

  #signature(message: Buffer, cipher: Rc4): Buffer {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const checksum = hmacMd5(this.#signKey, sequence, message).subarray(0, 8);
    return Buffer.concat([VERSION, cipher.apply(checksum), sequence]);
  }
}

const VERSION = Buffer.from([1, 0, 0, 0]);

function compare(expected: Buffer, actual: Buffer): void {
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
    throw new SecurityError('tampered', 'The signature of a message from the host is wrong, or messages are out of order');
}
