import { isIP } from 'node:net';
import type { CrossProblem } from './cross-checks.ts';
import { isRecord } from './describe-issue.ts';
import { AUTHS } from './host-access.ts';
import { type ParsedAddress, parseAddress } from './host-address.ts';

/** One way to say who logs on. */
interface Form {
  /** The key that tells this form from the others. */
  readonly mark: string;
  readonly needs: readonly string[];
  readonly may: readonly string[];
}

const PASSWORD: Form = { mark: 'password', needs: ['username', 'password'], may: [] };
const KEYTAB: Form = { mark: 'keytab', needs: ['username', 'keytab'], may: [] };
const CACHE: Form = { mark: 'cache', needs: ['cache'], may: ['username'] };
const CERTIFICATE: Form = { mark: 'certificate', needs: ['certificate', 'key'], may: ['passphrase'] };
const ALL_FORMS = [PASSWORD, KEYTAB, CACHE, CERTIFICATE];

const FORMS: Readonly<Record<string, readonly Form[]>> = {
  negotiate: [PASSWORD, KEYTAB, CACHE],
  kerberos: [PASSWORD, KEYTAB, CACHE],
  ntlm: [PASSWORD],
  basic: [PASSWORD],
  certificate: [CERTIFICATE],
};

interface Access {
  readonly path: readonly PropertyKey[];
  readonly host: Readonly<Record<string, unknown>>;
  readonly transport: 'wsman' | 'powershell';
  readonly auth: string;
  /** Null when there is none that can be read. */
  readonly address: Exclude<ParsedAddress, { readonly problem: string }> | null;
}

/** Rules about how each host is reached and logged on to: what goes with which transport and which auth. */
export function* checkAccess(hosts: Readonly<Record<string, unknown>>): Generator<CrossProblem> {
  for (const [name, host] of Object.entries(hosts)) {
    if (!isRecord(host)) continue;
    const { transport = 'wsman', auth = AUTHS.wsman[0] } = host;
    if (transport !== 'wsman' && transport !== 'powershell') continue;
    if (typeof auth !== 'string' || !Object.hasOwn(FORMS, auth)) continue;
    const parsed = typeof host.address === 'string' ? parseAddress(host.address) : null;
    const address = parsed === null || 'problem' in parsed ? null : parsed;
    const access = { path: ['hosts', name], host, transport, auth, address } as const;
    yield* checkAuth(access);
    yield* checkAddress(access);
    yield* checkKeys(access);
    yield* checkCredentials(access);
  }
}

function* checkAuth({ path, transport, auth }: Access): Generator<CrossProblem> {
  const auths: readonly string[] = AUTHS[transport];
  if (auths.includes(auth)) return;
  const message = `auth ${auth} cannot be had with transport ${transport}`;
  yield { severity: 'error', path: [...path, 'auth'], message, expected: auths.join(', ') };
}

function* checkAddress({ path, host, transport, auth, address }: Access): Generator<CrossProblem> {
  if (address === null) return;
  const { scheme } = address;
  const refuse = (message: string, expected: string): CrossProblem => ({
    severity: 'error',
    path: [...path, 'address'],
    message,
    expected,
  });
  if (scheme === 'dcom' && transport === 'wsman')
    yield refuse('dcom:// is spoken by PowerShell only', 'https://, or transport: powershell');
  if (scheme === 'dcom' && auth === 'basic') yield refuse('dcom:// has no Basic authentication', 'auth: negotiate or kerberos');
  if (scheme === 'dcom' && isRecord(host.powershell) && host.powershell.configurationName !== undefined)
    yield refuse('dcom:// has no session configurations', 'https:// or http://, or no configurationName');
  if (scheme !== 'dcom' && transport === 'powershell' && new URL(address.address).pathname !== '/wsman')
    yield refuse('PowerShell asks at /wsman only', 'an address without a path');
  if (scheme === 'http' && auth === 'basic' && host.allowUnencrypted !== true)
    yield refuse('http:// sends the password in clear text', 'https://, another auth, or allowUnencrypted: true for a lab');
  if (scheme === 'http' && auth === 'certificate') yield refuse('a certificate logs on over TLS only', 'https://');
  if (isIP(address.hostname) !== 0 && host.spn === undefined && needsKerberos(auth, host.credentials))
    yield refuse('Kerberos knows hosts by name, not by IP address', 'the DNS name of the host, or spn: HTTP/NAME');
}

/** NTLM takes the place of Kerberos only where there is a password. */
function needsKerberos(auth: string, credentials: unknown): boolean {
  return auth === 'kerberos' || (auth === 'negotiate' && isRecord(credentials) && ('keytab' in credentials || 'cache' in credentials));
}

/** Keys that mean nothing here. What was to make a host safer must not be passed over in silence. */
function* checkKeys({ path, host, transport, auth, address }: Access): Generator<CrossProblem> {
  const say = (severity: CrossProblem['severity'], key: string, message: string): CrossProblem => ({
    severity,
    path: [...path, key],
    part: 'key',
    message,
  });
  if (host.spn !== undefined && transport === 'powershell') yield say('error', 'spn', 'spn goes with transport wsman only');
  else if (host.spn !== undefined && auth !== 'negotiate' && auth !== 'kerberos')
    yield say('error', 'spn', 'spn goes with auth negotiate and kerberos only');
  if (host.powershell !== undefined && transport === 'wsman')
    yield say('error', 'powershell', 'powershell goes with transport: powershell only');
  if (host.tls !== undefined && transport === 'powershell')
    yield say('error', 'tls', 'tls goes with transport wsman only: PowerShell trusts whom Windows trusts');
  else if (isRecord(host.tls) && address?.scheme === 'http') yield say('warning', 'tls', 'tls does nothing for an http:// address');
  if (host.allowUnencrypted !== true) return;
  if (auth !== 'basic') yield say('warning', 'allowUnencrypted', `allowUnencrypted does nothing with auth ${auth}: only basic needs it`);
  else if (address?.scheme === 'https') yield say('warning', 'allowUnencrypted', 'allowUnencrypted does nothing for an https:// address');
}

function* checkCredentials({ path, host, transport, auth }: Access): Generator<CrossProblem> {
  const forms = (transport === 'powershell' ? FORMS.ntlm : FORMS[auth]) ?? [];
  const place = [...path, 'credentials'];
  const expected = `for auth ${auth}: ${forms.map(({ needs, may }) => `{ ${[...needs, ...may].join(', ')} }`).join(' or ')}`;
  const error = (at: readonly PropertyKey[], part: 'key' | 'value', message: string): CrossProblem => ({
    severity: 'error',
    path: at,
    part,
    message,
    expected,
  });
  const { credentials } = host;
  // Without any, PowerShell logs on as the account it runs as.
  if (credentials === undefined && transport === 'wsman') yield error(place, 'value', '"credentials" is missing');
  if (!isRecord(credentials)) return;
  const keys = Object.keys(credentials);
  const marks = (of: readonly Form[]) => of.map(({ mark }) => mark).filter((mark) => keys.includes(mark));
  const [foreign] = marks(ALL_FORMS);
  if (foreign !== undefined && marks(forms).length === 0)
    return yield error([...place, foreign], 'key', `"${foreign}" does not go with auth ${auth}`);
  for (const key of keys)
    if (knows(ALL_FORMS, key) && !knows(forms, key)) yield error([...place, key], 'key', `"${key}" does not go with auth ${auth}`);
  const [first, second] = marks(forms);
  if (second !== undefined) yield error([...place, second], 'key', `"${first}" and "${second}" are credentials of their own`);
  const meant = forms.find(({ mark }) => mark === first) ?? forms[0];
  for (const key of meant?.needs ?? []) if (!keys.includes(key)) yield error([...place, key], 'value', `"${key}" is missing`);
  if (auth === 'basic' && typeof credentials.username === 'string' && credentials.username.includes(':'))
    yield error([...place, 'username'], 'value', 'an account name for Basic authentication holds no colon');
}

function knows(forms: readonly Form[], key: string): boolean {
  return forms.some(({ needs, may }) => needs.includes(key) || may.includes(key));
}
