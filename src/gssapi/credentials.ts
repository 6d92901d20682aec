import { randomUUID } from 'node:crypto';
import type { AcceptOptions, InitiateOptions } from './gssapi.ts';
import type { CredentialStore, Handle, Oid, Out } from './library.ts';
import { bytes, type Native, OID } from './native.ts';

/** Credentials and names of one context, and how to give them back. */
export interface Credentials {
  readonly handle: Handle;
  /** Doing it twice does no harm. */
  release(): void;
}

const INITIATE = 1;
const ACCEPT = 2;
const INDEFINITE = 0xff_ff_ff_ff;

/**
 * Gets what an initiator shows: by password or keytab tickets of its own in memory, which go when they are released, else those of a
 * cache. May wait for a KDC. @throws GssError
 */
export async function acquireInitiator(native: Native, mechanism: Oid, options: InitiateOptions): Promise<Credentials> {
  const { principal, password, keytab, cache } = options;
  const name: Out<Handle> =
    principal == null ? [null] : native.importName(principal, mechanism === OID.kerberos ? OID.kerberosPrincipal : OID.userName);
  const handle: Out<Handle> = [null];
  const ownCache = password === undefined && keytab !== undefined ? `MEMORY:failback-${randomUUID()}` : undefined;
  const release = () => {
    if (handle[0] !== null) native.call('release_cred', handle);
    if (ownCache !== undefined) native.library.destroyCache(ownCache);
  };
  try {
    const mechanisms = { count: 1, elements: [mechanism] };
    if (password !== undefined) {
      const secret = Buffer.from(password, 'utf8');
      try {
        await native.callAsync('acquire_cred_with_password', name[0], bytes(secret), INDEFINITE, mechanisms, INITIATE, handle, null, null);
      } finally {
        secret.fill(0);
      }
    } else {
      const store = storeOf({ ccache: ownCache ?? cache, client_keytab: keytab });
      await native.callAsync('acquire_cred_from', name[0], INDEFINITE, mechanisms, INITIATE, store, handle, null, null);
    }
    return { handle: handle[0], release };
  } catch (error) {
    release();
    throw error;
  } finally {
    if (name[0] !== null) native.call('release_name', name);
  }
}

/** Gets the keys of an acceptor. NTLM has none: its users' passwords are in the file that NTLM_USER_FILE names. @throws GssError */
export async function acquireAcceptor(native: Native, mechanism: Oid, options: AcceptOptions): Promise<Credentials> {
  if (mechanism === OID.ntlm) return { handle: null, release: () => undefined };
  const { service, keytab } = options;
  const name: Out<Handle> = service == null ? [null] : native.importName(service, OID.hostBasedService);
  const handle: Out<Handle> = [null];
  try {
    // MIT's replay cache is one file for all programs of a user, which a server that serves tests has no business to write.
    const store = storeOf({ keytab, rcache: 'none:' });
    await native.callAsync(
      ...(['acquire_cred_from', name[0], INDEFINITE, { count: 1, elements: [mechanism] }, ACCEPT, store, handle, null, null] as const),
    );
  } finally {
    if (name[0] !== null) native.call('release_name', name);
  }
  return { handle: handle[0], release: () => handle[0] !== null && native.call('release_cred', handle) };
}

function storeOf(places: Readonly<Record<string, string | undefined>>): CredentialStore {
  const elements = Object.entries(places).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
  return { count: elements.length, elements };
}
