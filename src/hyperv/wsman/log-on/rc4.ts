/** The RC4 stream, which NTLM still seals with and OpenSSL 3 no longer has. Vectors: RFC 6229. */
export class Rc4 {
  readonly #box: Uint8Array;
  #i = 0;
  #j = 0;

  /** @param key 1 to 256 bytes, or the stream to go on from */
  constructor(key: Buffer | Rc4) {
    if (key instanceof Rc4) {
      this.#box = key.#box.slice();
      this.#i = key.#i;
      this.#j = key.#j;
      return;
    }
    this.#box = Uint8Array.from({ length: 256 }, (_, n) => n);
    for (let i = 0, j = 0; i < 256; i++) {
      j = (j + (this.#box[i] ?? 0) + (key[i % key.length] ?? 0)) & 0xff;
      this.#swap(i, j);
    }
  }

  /** Enciphers or deciphers; the next call goes on where this one ended. */
  apply(bytes: Buffer): Buffer {
    const result = Buffer.allocUnsafe(bytes.length);
    for (let n = 0; n < bytes.length; n++) {
      this.#i = (this.#i + 1) & 0xff;
      this.#j = (this.#j + (this.#box[this.#i] ?? 0)) & 0xff;
      const sum = this.#swap(this.#i, this.#j);
      result[n] = (bytes[n] ?? 0) ^ (this.#box[sum] ?? 0);
    }
    return result;
  }

  /** @returns the sum of both, modulo 256 */
  #swap(i: number, j: number): number {
    const [a = 0, b = 0] = [this.#box[i], this.#box[j]];
    this.#box[i] = b;
    this.#box[j] = a;
    return (a + b) & 0xff;
  }
}
