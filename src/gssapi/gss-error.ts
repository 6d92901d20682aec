/** Major status codes (RFC 2744, 3.9.1) that are told apart. */
export const MAJOR = {
  badBindings: 4 << 16,
  badSignature: 6 << 16,
  noCredentials: 7 << 16,
  noContext: 8 << 16,
  credentialsExpired: 11 << 16,
  contextExpired: 12 << 16,
  unavailable: 16 << 16,
} as const;

/** What GSSAPI refused, in its own words. They name principals, files and servers, never a secret. */
export class GssError extends Error {
  override readonly name = 'GssError';
  /** Routine error of a GSSAPI function, one of RFC 2744's; {@link MAJOR} has some of them. */
  readonly major: number;
  /** The mechanism's own code, unsigned; of Kerberos an error of libkrb5. 0 when there is none. */
  readonly minor: number;

  constructor(major: number, minor: number, words: string) {
    super(words);
    this.major = major;
    this.minor = minor;
  }
}

const REMEDY = {
  koffi: 'Install the optional package: npm install koffi',
  library: 'Install MIT Kerberos: apt install libgssapi-krb5-2, or dnf install krb5-libs, or apk add krb5-libs',
};

/** What calls the library, or the library itself, is not on this machine. */
export class GssUnavailable extends Error {
  override readonly name = 'GssUnavailable';
  readonly what: 'koffi' | 'library';
  /** What to install, one sentence. */
  readonly remedy: string;

  /** @param reason what the attempt to load it threw, or words */
  constructor(what: 'koffi' | 'library', reason: unknown) {
    const words = reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason);
    super(`${what === 'koffi' ? 'The package koffi' : 'The Kerberos library'} can not be loaded: ${words}`, { cause: reason });
    this.what = what;
    this.remedy = REMEDY[what];
  }
}
