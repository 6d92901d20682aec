import type { Failure } from '../../domain/failure.ts';
import type { HttpAnswer } from './http-exchange.ts';

const EVENT_LOG = "Read the host's Windows Remote Management event log.";
/** There a log-on is of another connection than the host's, which is refused, or the host is asked in plain HTTP and wants messages sealed. */
const ENDED_TLS =
  'The same happens where something between this machine and the host ends TLS (a proxy, a load balancer): let it pass TLS through, or use the ' +
  "host's own http:// address, where messages are sealed.";

/**
 * What an HTTP status means where there is no SOAP message to say more. Class `operator` here always is a refusal before the
 * request was carried out. Null for 2xx.
 * @param scheme by which WinRM knows the log-on, e.g. "Negotiate"
 * @param isBound the connection was to be logged on, and the log-on was made for the TLS connection under it
 */
export function refusalOf(host: string, { status, authenticate }: HttpAnswer, scheme: string, isBound: boolean): Failure | null {
  const details = { host, status };
  if (status >= 200 && status <= 299) return null;
  switch (status) {
    case 401:
      return unauthorized(host, scheme, isBound, offeredSchemes(authenticate), details);
    case 403:
      return {
        class: 'operator',
        code: 'host.forbidden',
        message: `Host ${host} forbids WS-Management requests from here (HTTP 403)`,
        remedy: "Check the path of the address, the account's rights and WinRM's IP filters.",
        details,
      };
    case 404:
    case 405:
    case 411:
    case 413:
    case 415:
    case 426:
      return notWsman(host, status);
    case 429:
    case 503:
      return {
        class: 'retryable',
        code: 'host.busy',
        message: `Host ${host} is not available (HTTP ${status})`,
        remedy: 'Check the WinRM service and its load.',
        details,
      };
    default:
      return status >= 300 && status <= 399
        ? notWsman(host, status)
        : {
            class: 'retryable',
            code: 'host.malformed-answer',
            message: `Host ${host} answered HTTP ${status} without saying why`,
            remedy: isBound && status === 500 ? `${EVENT_LOG} ${ENDED_TLS}` : EVENT_LOG,
            details,
          };
  }
}

/** Somebody answered, but not in WS-Management. */
export function notWsman(host: string, status: number): Failure {
  return {
    class: 'operator',
    code: 'host.not-wsman',
    message: `Host ${host} does not offer WS-Management at this address (HTTP ${status})`,
    remedy: 'Check port and path; WinRM listens on https://…:5986/wsman.',
    details: { host, status },
  };
}

type Refused = readonly [what: string, remedy: string];
const REFUSED_ACCOUNT: Refused = [
  'the user name or password',
  'Check the credentials of the plan, and whether the account may log on over the network.',
];
const REFUSED: Readonly<Record<string, Refused>> = {
  Certificate: ['the certificate', 'Check the mapping on the host: winrm enumerate winrm/config/service/certmapping.'],
  Kerberos: [
    'the ticket that the domain gave out',
    "Check that the SPN belongs to the host's account and to no other (setspn -Q), and whether the account may log on over the network.",
  ],
};

function unauthorized(host: string, scheme: string, isBound: boolean, offered: readonly string[], details: Failure['details']): Failure {
  const offers = offered.length === 0 ? '' : ` (it offers ${offered.join(', ')})`;
  if (scheme !== 'Certificate' && offered.length > 0 && !offered.includes(scheme)) {
    return {
      class: 'operator',
      code: 'host.unauthorized',
      message: `Host ${host} does not let anybody log on by ${scheme}${offers}`,
      remedy: `Set auth in the plan to what it offers, or allow it there: winrm set winrm/config/service/auth @{${scheme}="true"}.`,
      details: { ...details, offered: false },
    };
  }
  const [what, remedy] = REFUSED[scheme] ?? REFUSED_ACCOUNT;
  return {
    class: 'operator',
    code: 'host.unauthorized',
    message: `Host ${host} refused ${what}${offers}`,
    remedy: isBound ? `${remedy} ${ENDED_TLS}` : remedy,
    ...(details === undefined ? {} : { details }),
  };
}

/** Only the names: challenges may repeat what was sent. */
function offeredSchemes(authenticate: string): readonly string[] {
  const known = ['Basic', 'Negotiate', 'Kerberos', 'NTLM', 'CredSSP', 'Digest'];
  return known.filter((name) => new RegExp(`(^|,\\s*)${name}\\b`, 'i').test(authenticate));
}
