import type { KoffiFunc, TypeObject } from 'koffi';
import { GssUnavailable } from './gss-error.ts';

/** A pointer to something of the library's; null is none. */
export type Handle = bigint | null;
/** An argument by reference: the library writes its one element. */
export type Out<T> = [T];

/** `gss_buffer_desc`. What the library allocated is at an address, what is ours is a Buffer. */
export interface Bytes {
  length: number;
  value: Buffer | Handle;
}

/** `gss_OID_desc`. */
export interface Oid {
  readonly length: number;
  readonly elements: Buffer;
}

/** `gss_iov_buffer_desc`. */
export interface IovBuffer {
  type: number;
  buffer: Bytes;
}

/** `gss_channel_bindings_struct`, of which WinRM uses the last field. */
export interface ChannelBindings {
  readonly initiator_addrtype: number;
  readonly initiator_address: Bytes;
  readonly acceptor_addrtype: number;
  readonly acceptor_address: Bytes;
  readonly application_data: Bytes;
}

/** `gss_key_value_set_desc`: where credentials are, by kind. */
export interface CredentialStore {
  readonly count: number;
  readonly elements: readonly { readonly key: string; readonly value: string }[];
}

type Status<Arguments extends unknown[]> = KoffiFunc<(minor: Out<number>, ...rest: Arguments) => number>;
type OidSet = { readonly count: number; readonly elements: readonly Oid[] };

/** The functions of RFC 2744 and of MIT's extensions that are used, by their C names without the prefix. Each answers with a major status. */
export interface Library {
  readonly import_name: Status<[text: Bytes, type: Oid, name: Out<Handle>]>;
  readonly display_name: Status<[name: Handle, text: Partial<Bytes>, type: null]>;
  readonly release_name: Status<[name: Out<Handle>]>;
  readonly acquire_cred_from: Status<
    [
      name: Handle,
      time: number,
      mechanisms: OidSet,
      usage: number,
      store: CredentialStore,
      credential: Out<Handle>,
      actual: null,
      time: null,
    ]
  >;
  readonly acquire_cred_with_password: Status<
    [name: Handle, password: Bytes, time: number, mechanisms: OidSet, usage: number, credential: Out<Handle>, actual: null, time: null]
  >;
  readonly release_cred: Status<[credential: Out<Handle>]>;
  readonly init_sec_context: Status<
    [
      credential: Handle,
      context: Out<Handle>,
      target: Handle,
      mechanism: Oid,
      flags: number,
      time: number,
      bindings: ChannelBindings | null,
      input: Bytes | null,
      actual: null,
      output: Partial<Bytes>,
      flags: Out<number>,
      lifetime: Out<number>,
    ]
  >;
  readonly accept_sec_context: Status<
    [
      context: Out<Handle>,
      credential: Handle,
      input: Bytes,
      bindings: ChannelBindings | null,
      source: null,
      mechanism: null,
      output: Partial<Bytes>,
      flags: Out<number>,
      lifetime: Out<number>,
      delegated: null,
    ]
  >;
  readonly inquire_context: Status<
    [
      context: Handle,
      source: Out<Handle>,
      target: Out<Handle> | null,
      lifetime: null,
      mechanism: Out<Handle>,
      flags: null,
      local: null,
      open: null,
    ]
  >;
  readonly delete_sec_context: Status<[context: Out<Handle>, token: null]>;
  readonly wrap: Status<[context: Handle, confidential: number, qop: number, plain: Bytes, sealed: Out<number>, output: Partial<Bytes>]>;
  readonly unwrap: Status<[context: Handle, input: Bytes, plain: Partial<Bytes>, sealed: Out<number>, qop: null]>;
  readonly wrap_iov: Status<[context: Handle, confidential: number, qop: number, sealed: Out<number>, iov: IovBuffer[], count: number]>;
  readonly release_iov_buffer: Status<[iov: IovBuffer[], count: number]>;
  readonly get_mic: Status<[context: Handle, qop: number, message: Bytes, mic: Partial<Bytes>]>;
  readonly verify_mic: Status<[context: Handle, message: Bytes, mic: Bytes, qop: null]>;
  readonly release_buffer: Status<[buffer: Bytes]>;
  readonly display_status: Status<[status: number, type: number, mechanism: Oid | null, more: Out<number>, text: Partial<Bytes>]>;
  /** Removes a credential cache, with the tickets in it. Of libkrb5, since GSSAPI has no word for it. */
  destroyCache(name: string): void;
  /** A copy of memory of the library's. */
  read(address: Handle, length: number): Buffer;
  /** An OID that the library keeps. */
  readOid(address: Handle): Buffer;
}

const NAME = 'libgssapi_krb5.so.2';
const ASYNC_STACK_BYTES = 2 * 2 ** 20;
const KERBEROS_NAME = 'libkrb5.so.3';

/** Loads koffi and MIT's library. @throws GssUnavailable */
export async function loadLibrary(): Promise<Library> {
  // MIT's structures are packed otherwise on some other systems, and none of them is tested.
  if (process.platform !== 'linux') throw new GssUnavailable('library', `MIT Kerberos is used on Linux only, not on ${process.platform}`);
  const { default: koffi } = await import('koffi').catch((error: unknown) => {
    throw new GssUnavailable('koffi', error);
  });
  // The default of 128 KiB is not enough for a mechanism that asks DNS and reads files on the way.
  if (koffi.config().async_stack_size !== ASYNC_STACK_BYTES) koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
  const { inout, out, pointer, struct } = koffi;
  const open = (name: string) => {
    try {
      return koffi.load(name);
    } catch (error) {
      throw new GssUnavailable('library', error);
    }
  };

  const handle = pointer('void');
  const handleOut = inout(pointer(handle));
  const number = 'uint32_t';
  const numberOut = inout(pointer(number));
  const intOut = out(pointer('int'));
  const bytesType = struct({ length: 'size_t', value: handle });
  const bytes = pointer(bytesType);
  const bytesOut = out(bytes);
  const oidType = struct({ length: number, elements: handle });
  const oid = pointer(oidType);
  const oidSet = pointer(struct({ count: 'size_t', elements: oid }));
  const iov = inout(pointer(struct({ type: number, buffer: bytesType })));
  const bindings = pointer(
    struct({
      initiator_addrtype: number,
      initiator_address: bytesType,
      acceptor_addrtype: number,
      acceptor_address: bytesType,
      application_data: bytesType,
    }),
  );
  const store = pointer(struct({ count: number, elements: pointer(struct({ key: 'str', value: 'str' })) }));

  const library = open(NAME);
  const status = <F>(name: string, ...types: (string | TypeObject | ReturnType<typeof out>)[]) =>
    library.func(`gss_${name}`, number, [numberOut, ...types]) as unknown as F;
  const kerberos = open(KERBEROS_NAME);
  const initContext = kerberos.func('krb5_init_context', 'int', [handleOut]);
  const freeContext = kerberos.func('krb5_free_context', 'void', [handle]);
  const resolveCache = kerberos.func('krb5_cc_resolve', 'int', [handle, 'str', handleOut]);
  const destroyCache = kerberos.func('krb5_cc_destroy', 'int', [handle, handle]);
  const memcpy = library.func('memcpy', handle, [handle, handle, 'size_t']);
  // koffi.decode keeps some bytes for each call with a length.
  const read = (address: Handle, length: number) => {
    const copy = Buffer.alloc(length);
    if (address !== null && length > 0) memcpy(copy, address, length);
    return copy;
  };

  return {
    import_name: status('import_name', bytes, oid, handleOut),
    display_name: status('display_name', handle, bytesOut, handle),
    release_name: status('release_name', handleOut),
    acquire_cred_from: status('acquire_cred_from', handle, number, oidSet, 'int', store, handleOut, handle, handle),
    acquire_cred_with_password: status('acquire_cred_with_password', handle, bytes, number, oidSet, 'int', handleOut, handle, handle),
    release_cred: status('release_cred', handleOut),
    init_sec_context: status(
      'init_sec_context',
      ...[handle, handleOut, handle, oid, number, number, bindings, bytes, handle, bytesOut, numberOut, numberOut],
    ),
    accept_sec_context: status(
      'accept_sec_context',
      ...[handleOut, handle, bytes, bindings, handle, handle, bytesOut, numberOut, numberOut, handle],
    ),
    inquire_context: status('inquire_context', handle, handleOut, handleOut, handle, handleOut, handle, handle, handle),
    delete_sec_context: status('delete_sec_context', handleOut, handle),
    wrap: status('wrap', handle, 'int', number, bytes, intOut, bytesOut),
    unwrap: status('unwrap', handle, bytes, bytesOut, intOut, handle),
    wrap_iov: status('wrap_iov', handle, 'int', number, intOut, iov, 'int'),
    release_iov_buffer: status('release_iov_buffer', iov, 'int'),
    get_mic: status('get_mic', handle, number, bytes, bytesOut),
    verify_mic: status('verify_mic', handle, bytes, bytes, handle),
    release_buffer: status('release_buffer', inout(bytes)),
    display_status: status('display_status', number, 'int', oid, numberOut, bytesOut),
    destroyCache(name) {
      const context: Out<Handle> = [null];
      if (initContext(context) !== 0) return;
      const cache: Out<Handle> = [null];
      if (resolveCache(context[0], name, cache) === 0) destroyCache(context[0], cache[0]);
      freeContext(context[0]);
    },
    read,
    readOid(address) {
      if (address === null) return Buffer.alloc(0);
      const { length, elements } = koffi.decode(address, oidType) as { length: number; elements: Handle };
      return read(elements, length);
    },
  };
}
