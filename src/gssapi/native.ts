import { GssError, MAJOR } from './gss-error.ts';
import type { Bytes, Handle, Library, Oid, Out } from './library.ts';

/** Object identifiers, as GSSAPI takes them. */
export const OID = {
  kerberos: oid('2a864886f712010202'),
  ntlm: oid('2b06010401823702020a'),
  spnego: oid('2b0601050502'),
  hostBasedService: oid('2a864886f71201020104'),
  userName: oid('2a864886f71201020101'),
  kerberosPrincipal: oid('2a864886f71201020201'),
} as const;

type Rest<F> = F extends (minor: Out<number>, ...rest: infer R) => number ? R : never;
/** Names of the library's functions that answer with a major status. */
type Name = Exclude<keyof Library, 'destroyCache' | 'read' | 'readOid'>;

const ROUTINE_AND_CALLING_ERRORS = 0xff_ff_00_00;
const GSS_CODE = 1;
const MECHANISM_CODE = 2;

/** The library with statuses turned into errors, and with what it allocates copied and given back. */
export class Native {
  readonly library: Library;
  readonly #mechanism: Oid;

  /** @param mechanism whose codes the minor statuses are */
  constructor(library: Library, mechanism: Oid) {
    this.library = library;
    this.#mechanism = mechanism;
  }

  /** @returns the major status: 0, or supplementary information such as "continue needed". @throws GssError */
  call<N extends Name>(name: N, ...rest: Rest<Library[N]>): number {
    const minor: Out<number> = [0];
    const call = this.library[name] as (minor: Out<number>, ...rest: unknown[]) => number;
    return this.#judge(call(minor, ...rest), minor[0]);
  }

  /** The same in a thread of its own, since the library may wait for a KDC. What is passed by reference must be left alone until then. */
  async callAsync<N extends Name>(name: N, ...rest: Rest<Library[N]>): Promise<number> {
    const minor: Out<number> = [0];
    const { async: call } = this.library[name] as unknown as { async: (...all: unknown[]) => void };
    const major = await new Promise<number>((resolve, reject) => {
      call(minor, ...rest, (error: unknown, result: number) => (error ? reject(error) : resolve(result)));
    });
    return this.#judge(major, minor[0]);
  }

  /** Copies a buffer that the library allocated, and frees it. */
  take(buffer: Partial<Bytes>): Buffer {
    const { length = 0, value = null } = buffer;
    if (typeof value !== 'bigint') return Buffer.alloc(0);
    try {
      return this.library.read(value, length);
    } finally {
      this.call('release_buffer', { length, value });
    }
  }

  importName(text: string, type: Oid): Out<Handle> {
    const name: Out<Handle> = [null];
    this.call('import_name', bytes(Buffer.from(text, 'utf8')), type, name);
    return name;
  }

  /** The text of a name, which is then given back. Null for no name. */
  takeName(name: Out<Handle>): string | null {
    if (name[0] === null) return null;
    try {
      const text: Partial<Bytes> = {};
      this.call('display_name', name[0], text, null);
      // Some mechanisms count the NUL at the end.
      return this.take(text).toString('utf8').replace(/\0$/, '');
    } finally {
      this.call('release_name', name);
    }
  }

  #judge(major: number, minor: number): number {
    const error = (major & ROUTINE_AND_CALLING_ERRORS) >>> 0;
    if (error === 0) return major;
    const words = [...this.#words(major, GSS_CODE), ...(minor === 0 ? [] : this.#words(minor, MECHANISM_CODE))];
    throw new GssError(error, minor, words.join(': '));
  }

  #words(status: number, type: number): string[] {
    const words: string[] = [];
    const more: Out<number> = [0];
    do {
      const text: Partial<Bytes> = {};
      if (this.library.display_status([0], status, type, this.#mechanism, more, text) !== 0) break;
      words.push(this.take(text).toString('utf8').trim());
    } while (more[0] !== 0);
    return words.filter((text) => text !== '' && text !== 'Success');
  }
}

/** A buffer of ours, as the library takes it. */
export function bytes(value: Buffer): Bytes {
  return { length: value.length, value };
}

/** An error in GSSAPI's manner that the library itself does not raise. */
export function refusal(major: keyof typeof MAJOR, words: string): GssError {
  return new GssError(MAJOR[major], 0, words);
}

function oid(hex: string): Oid {
  const elements = Buffer.from(hex, 'hex');
  return { length: elements.length, elements };
}
