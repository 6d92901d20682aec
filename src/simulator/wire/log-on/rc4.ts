/** The stream cipher RC4, which NTLM seals with; OpenSSL 3 has it no more. */
export class Rc4 {
  readonly #state = Uint8Array.from({ length: 256 }, (_, index) => index);
  #i = 0;
  #j = 0;

  constructor(key: Buffer) {
    const state = this.#state;
    for (let i = 0, j = 0; i < 256; i++) {
      const own = state[i] as number;
      j = (j + own + (key[i % key.length] as number)) & 255;
      state[i] = state[j] as number;
      state[j] = own;
    }
  }

  /** Enciphers or deciphers the next bytes of the stream. */
  transform(bytes: Buffer): Buffer {
    const state = this.#state;
    const out = Buffer.allocUnsafe(bytes.length);
    let i = this.#i;
    let j = this.#j;
    for (let index = 0; index < bytes.length; index++) {
      i = (i + 1) & 255;
      const a = state[i] as number;
      j = (j + a) & 255;
      const b = state[j] as number;
      state[i] = b;
      state[j] = a;
      out[index] = (bytes[index] as number) ^ (state[(a + b) & 255] as number);
    }
    this.#i = i;
    this.#j = j;
    return out;
  }
}
