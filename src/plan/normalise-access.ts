import { resolve } from 'node:path';
import { AUTHS, DEFAULT_SESSIONS, type HostAccess, hostAccess } from './host-access.ts';
import type { HostInput } from './host-schema.ts';

/**
 * How a host is reached, with every default filled in and every path absolute.
 * @param host must have passed the schema and the cross checks
 * @param folder relative paths start here
 */
export function normaliseAccess(host: HostInput, folder: string): HostAccess {
  const { transport = 'wsman', auth = AUTHS.wsman[0], tls, powershell } = host;
  const credentials = host.credentials === undefined ? null : normaliseCredentials(host.credentials, folder);
  if (transport === 'powershell') {
    const executable = powershell?.executable === undefined ? null : normaliseProgram(powershell.executable, folder);
    const { configurationName = null, sessions = DEFAULT_SESSIONS } = powershell ?? {};
    return hostAccess.parse({ transport, auth, credentials, executable, configurationName, sessions });
  }
  const hex = tls?.fingerprint?.replace(/^sha256:/i, '').replaceAll(':', '');
  return hostAccess.parse({
    transport,
    auth,
    credentials,
    tls: { caFile: tls?.ca === undefined ? null : resolve(folder, tls.ca), fingerprint: hex?.toUpperCase() ?? null },
    ...(auth === 'basic' ? { allowUnencrypted: host.allowUnencrypted ?? false } : {}),
    ...(auth === 'negotiate' || auth === 'kerberos' ? { spn: host.spn ?? null } : {}),
  });
}

function normaliseCredentials(input: NonNullable<HostInput['credentials']>, folder: string): object {
  const { username, password, keytab, cache, certificate, key, passphrase } = input;
  if (password !== undefined) return { username, password: normaliseReference(password, folder) };
  if (keytab !== undefined) return { username, keytab: resolve(folder, keytab) };
  if (cache !== undefined) return { cache: normaliseCache(cache, folder), username: username ?? null };
  return {
    certificate: resolve(folder, certificate ?? ''),
    key: resolve(folder, key ?? ''),
    passphrase: passphrase === undefined ? null : normaliseReference(passphrase, folder),
  };
}

function normaliseReference(reference: string, folder: string): string {
  return reference.startsWith('file:') ? `file:${resolve(folder, reference.slice(5))}` : reference;
}

/** A name without a kind is a file's; a single letter before the colon is a drive of Windows. */
function normaliseCache(name: string, folder: string): string | null {
  if (name === 'default') return null;
  const kind = /^([A-Za-z]{2,}):/.exec(name)?.[1] ?? null;
  if (kind !== null && kind.toUpperCase() !== 'FILE') return name;
  return `FILE:${resolve(folder, kind === null ? name : name.slice(5))}`;
}

/** A bare name is looked for on the PATH. */
function normaliseProgram(program: string, folder: string): string {
  return /[/\\]/.test(program) ? resolve(folder, program) : program;
}
