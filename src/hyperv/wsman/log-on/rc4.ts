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
      swap(this.#box, i, j);
    }
  }

  /** Enciphers or deciphers; the next call goes on where this one ended. */
  apply(bytes: Buffer): Buffer {
    const result = Buffer.allocUnsafe(bytes.length);
    const box = this.#box;
    let [i, j] = [this.#i, this.#j];
    for (let n = 0; n < bytes.length; n++) {
      i = (i + 1) & 0xff;
      j = (j + (box[i] ?? 0)) & 0xff;
      result[n] = (bytes[n] ?? 0) ^ (box[swap(box, i, j)] ?? 0);
    }
    [this.#i, this.#j] = [i, j];
    return result;
  }
}

/** @returns the sum of both, modulo 256 */
function swap(box: Uint8Array, i: number, j: number): number {
  const a = box[i] ?? 0;
  const b = box[j] ?? 0;
  box[i] = b;
  box[j] = a;
  return (a + b) & 0xff;
}
