import { type GssError, MAJOR } from '../../../gssapi/gss-error.ts';
import { SecurityError, type SecurityTrouble } from './security-context.ts';

/** What an error of Kerberos is about. */
export interface Attempt {
  readonly spn: string;
  /** Null: whoever the cache belongs to. */
  readonly principal: string | null;
  readonly shows: 'password' | 'keytab' | 'cache';
  /** Keytab file or cache name; null: a password, or the default cache. */
  readonly place: string | null;
  /** A token of the host had come in. */
  readonly answered: boolean;
}

interface Trouble {
  readonly trouble: SecurityTrouble;
  readonly what: string;
  readonly remedy: string | null;
}

/** First codes of libkrb5's and its GSSAPI mechanism's error tables (krb5_err.et, gssapi_err_krb5.et). */
const KRB5 = 0x96_c7_3a_00;
const KRB5_GSS = 0x02_5e_a1_00;
const FAILURE = 13 << 16;
const DEFECTIVE_TOKEN = 9 << 16;

/** Turns what GSSAPI says into what an administrator can do something about. Its own words stand at the end. */
export function explain(error: GssError, attempt: Attempt): SecurityError {
  const { trouble, what, remedy } = byMajor(error.major, attempt) ?? byCode(error.minor, attempt) ?? unknown(error.major);
  return new SecurityError(trouble, `${what} (${error.message})`, remedy);
}

function byMajor(major: number, attempt: Attempt): Trouble | undefined {
  switch (major) {
    case MAJOR.credentialsExpired:
    case MAJOR.contextExpired:
      return expired(attempt);
    case MAJOR.unavailable:
      return { trouble: 'downgrade', what: 'The host agrees to less than a sealed log-on of both sides', remedy: null };
    default:
      return undefined;
  }
}

function byCode(minor: number, attempt: Attempt): Trouble | undefined {
  const code = minor - KRB5;
  return refusedClient(code, attempt) ?? noTickets(minor, attempt) ?? unreachable(code, attempt) ?? refusedHost(code, attempt);
}

/** The KDC does not give this user anything. */
function refusedClient(code: number, attempt: Attempt): Trouble | undefined {
  const who = attempt.principal ?? 'The user';
  const credentials = (what: string, remedy: string): Trouble => ({ trouble: 'credentials', what, remedy });
  const secret = attempt.shows === 'keytab' ? `the key in ${attempt.place}` : 'the password';
  switch (code) {
    case 1: // KRB5KDC_ERR_NAME_EXP
    case 18: // KRB5KDC_ERR_CLIENT_REVOKED
      return credentials(
        `${who} is disabled, locked, expired, or may not log on at this time`,
        'On a domain controller: Get-ADUser NAME -Properties Enabled, LockedOut, AccountExpirationDate',
      );
    case 6: // KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
    case 147: // KRB5_KDCREP_MODIFIED
      return credentials(
        `${who} is not known under this name`,
        "Write the user as NAME@REALM, with the account's SAM name and the DNS name of its domain.",
      );
    case 12: // KRB5KDC_ERR_POLICY
      return credentials(
        `${who} may not do this by a policy of the domain`,
        "Check the account's authentication policy and log-on rights.",
      );
    case 23: // KRB5KDC_ERR_KEY_EXP
      return credentials(`The password of ${who} has expired`, 'Set a new password, and give it to the plan.');
    case 31: // KRB5KRB_AP_ERR_BAD_INTEGRITY: with a password, its key does not open the KDC's answer
      return attempt.answered ? undefined : wrongSecret();
    case 24: // KRB5KDC_ERR_PREAUTH_FAILED
    case 210: // KRB5_PREAUTH_FAILED
      return wrongSecret();
    case 32: // KRB5KRB_AP_ERR_TKT_EXPIRED
      return expired(attempt);
    default:
      return undefined;
  }

  function wrongSecret(): Trouble {
    return credentials(
      `${who} is refused: ${secret} is wrong`,
      attempt.shows === 'keytab'
        ? `Compare key version and kinds of klist -k -e ${attempt.place} with those of the account; its password may have been changed.`
        : 'Check user name and password; capitals of the name count for AES keys.',
    );
  }
}

/** There is nothing on this machine to show to a KDC. */
function noTickets(minor: number, attempt: Attempt): Trouble | undefined {
  const code = minor - KRB5;
  if (minor === KRB5_GSS) {
    const remedy = `klist -c ${attempt.place ?? ''} says whose tickets it has.`;
    return { trouble: 'credentials', what: `The credential cache is not that of ${attempt.principal}`, remedy };
  }
  // KG_TGT_MISSING, KG_EMPTY_CCACHE; KRB5_CC_BADNAME to KRB5_NO_TKT_SUPPLIED; KRB5_CC_IO to KRB5_CC_FORMAT; KRB5_KT_BADNAME to KRB5_KT_END, KRB5_KT_FORMAT
  const isCache = [KRB5_GSS + 2, KRB5_GSS + 12].includes(minor) || isBetween(code, 139, 143) || isBetween(code, 193, 199);
  const isKeytab = minor === KRB5_GSS + 1 || isBetween(code, 179, 182) || code === 235 || code === 230;
  if (!isCache && !isKeytab) return undefined;
  if (attempt.shows === 'keytab') {
    const what = `The keytab ${attempt.place} can not be read, or has no key of ${attempt.principal}`;
    return { trouble: 'credentials', what, remedy: `klist -k -e ${attempt.place} shows what is in it.` };
  }
  const what = `There are no tickets in ${attempt.place ?? 'the default credential cache'}`;
  return { trouble: 'credentials', what, remedy: `Get some: kinit ${attempt.place === null ? '' : `-c ${attempt.place} `}NAME@REALM` };
}

/** No KDC can be asked, or none that agrees about the time. */
function unreachable(code: number, { principal }: Attempt): Trouble | undefined {
  const realm = principal?.includes('@') ? principal.slice(principal.lastIndexOf('@') + 1) : null;
  const unavailable = (what: string, remedy: string): Trouble => ({ trouble: 'unavailable', what, remedy });
  const find = `Name its domain controllers in krb5.conf, or check DNS: nslookup -type=SRV _kerberos._tcp.${realm ?? 'REALM'}`;
  switch (code) {
    case 68: // KRB5KDC_ERR_WRONG_REALM
    case 154: // KRB5_REALM_UNKNOWN
    case 220: // KRB5_REALM_CANT_RESOLVE
      return unavailable(
        `No domain controller of ${realm ?? 'the realm'} is known here`,
        `${find}; the realm is the DNS name of the domain.`,
      );
    case 156: // KRB5_KDC_UNREACH
      return unavailable(`No domain controller of ${realm ?? 'the realm'} answers`, `Check that port 88 is open to them. ${find}`);
    case 135: // KRB5_CONFIG_CANTOPEN
    case 136: // KRB5_CONFIG_BADFORMAT
      return unavailable('The configuration of Kerberos can not be read', 'Check /etc/krb5.conf, or the file that KRB5_CONFIG names.');
    case 224: // KRB5_CONFIG_NODEFREALM
      return unavailable('The user is named without a realm, and there is no default one', 'Write the user as NAME@REALM.');
    case 33: // KRB5KRB_AP_ERR_TKT_NYV
    case 37: // KRB5KRB_AP_ERR_SKEW
    case 148: // KRB5_KDCREP_SKEW
      return unavailable(
        "The clocks of this machine, the domain controller and the host differ by more than Kerberos' five minutes",
        'Compare timedatectl here with w32tm /query /status on the host and the domain controller.',
      );
    default:
      return undefined;
  }
}

/** The host, or its name, is the matter. */
function refusedHost(code: number, { spn }: Attempt): Trouble | undefined {
  const host = (what: string, remedy: string): Trouble => ({ trouble: 'host', what, remedy });
  const account = spn.replace(/^[^/]*\//, '').replace(/[.@].*$/s, '');
  switch (code) {
    case 2: // KRB5KDC_ERR_SERVICE_EXP
    case 7: // KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
    case 19: // KRB5KDC_ERR_SERVICE_REVOKED
      return host(
        `The domain has no service ${spn}`,
        `Use the host's full name as address, or name its SPN in the plan. On a domain controller: setspn -Q ${spn}; to add it: setspn -S ${spn} ${account}`,
      );
    case 14: // KRB5KDC_ERR_ETYPE_NOSUPP
    case 150: // KRB5_PROG_ETYPE_NOSUPP
    case 237: // KRB5_CONFIG_ETYPE_NOSUPP
      return host(
        `This machine and ${spn} have no kind of encryption in common`,
        `Compare permitted_enctypes of krb5.conf with: Get-ADComputer ${account} -Properties msDS-SupportedEncryptionTypes`,
      );
    case 31: // KRB5KRB_AP_ERR_BAD_INTEGRITY: what the host answered is not under the key that only it can have
      return { ...wrongKey(`The host has not shown that it knows the key of ${spn}`), trouble: 'tampered' };
    case 41: // KRB5KRB_AP_ERR_MODIFIED
    case 44: // KRB5KRB_AP_ERR_BADKEYVER
    case 45: // KRB5KRB_AP_ERR_NOKEY
      return wrongKey(`The host can not read a ticket for ${spn}`);
    default:
      return undefined;
  }

  function wrongKey(what: string): Trouble {
    return host(
      `${what}: the SPN belongs to another account, or the host's password is not the one that the domain has`,
      `setspn -Q ${spn} must name the host's account and no other; on the host: Test-ComputerSecureChannel`,
    );
  }
}

function expired({ shows, place }: Attempt): Trouble {
  const remedy = shows === 'cache' ? `Get new ones: kinit ${place === null ? '' : `-c ${place} `}NAME@REALM` : null;
  return { trouble: 'credentials', what: 'The tickets have expired', remedy };
}

function unknown(major: number): Trouble {
  if (major === DEFECTIVE_TOKEN) return { trouble: 'malformed', what: 'The host answered what is no Kerberos token', remedy: null };
  const what = major === FAILURE ? 'Kerberos failed' : 'Kerberos refused';
  return { trouble: 'unavailable', what, remedy: 'KRB5_TRACE=/dev/stderr shows what Kerberos does.' };
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}
