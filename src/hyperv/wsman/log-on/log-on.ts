import type { Credentials } from '../secrets.ts';

/** How and as whom a host is logged on to. Secrets are read at the moment of use and kept nowhere. */
export type LogOn =
  | { readonly scheme: 'basic' | 'ntlm'; readonly credentials: () => Promise<Credentials> }
  | {
      readonly scheme: 'negotiate' | 'kerberos';
      /** Service principal name; default `HTTP/` and the host of the address. */
      readonly spn?: string;
      readonly identity: Identity;
    }
  | {
      readonly scheme: 'certificate';
      /** PEM file with the client's certificate and, after it, those of its authorities. */
      readonly certificateFile: string;
      /** PEM file. */
      readonly keyFile: string;
      /** Of the key; null when it has none. */
      readonly passphrase: (() => Promise<string>) | null;
    };

/** What proves to Kerberos who asks; NTLM knows passwords only. */
export type Identity =
  | { readonly kind: 'password'; readonly credentials: () => Promise<Credentials> }
  | { readonly kind: 'keytab'; readonly principal: string; readonly file: string }
  | {
      readonly kind: 'cache';
      /** As Kerberos knows it, e.g. `FILE:/run/tickets`; null: the default of the process. */
      readonly name: string | null;
      /** Whose tickets; null: those of the cache's default principal. */
      readonly principal: string | null;
    };
