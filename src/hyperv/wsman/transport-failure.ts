import type { FailureClass, FailureCode } from '../../domain/failure.ts';

/** How an HTTP exchange broke, before anybody judges what that means for the operation. */
export interface BrokenExchange {
  readonly code: FailureCode;
  /** Class for a request that never left, and for one that may be repeated. */
  readonly class: FailureClass;
  /** What happened, as the rest of a sentence that begins with the host's name. */
  readonly what: string;
  readonly remedy: string;
  /** False is a promise that not one byte of the request was written. */
  readonly sent: boolean;
  /** A kept connection was closed by the host before any byte of the answer: it was idle for too long. */
  readonly stale: boolean;
  /** errno, TLS or parser code; null when there is none. */
  readonly errno: string | null;
}

/** Thrown by the transport only, and always turned into a `FailbackError` by its caller. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly broken: BrokenExchange;

  constructor(broken: BrokenExchange) {
    super(broken.what);
    this.broken = broken;
  }
}

const REACH = 'Check address, port, firewall and that the WinRM service runs: winrm enumerate winrm/config/listener.';
const CERTIFICATE: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use the name in the certificate as address, or set its name in the plan.',
  CERT_HAS_EXPIRED:
    "Renew the host's certificate, or that of the authority that issued it; which one, shows: openssl s_client -connect HOST:5986 -showcerts.",
  CERT_NOT_YET_VALID: 'Check the clocks of this machine and the host.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Pin the certificate (fingerprint) in the plan, or give the host one of your authority.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The host sends its own certificate alone, and its issuer is not among the authorities trusted here. Where that is an intermediate authority, ' +
    'install its certificate on the host (Cert:\\LocalMachine\\CA) or add it to the CA file of the plan; else name the issuer there, or pin the certificate.',
  UNABLE_TO_GET_ISSUER_CERT:
    'The CA file of the plan has an intermediate authority and not the root that issued it: add the certificate of the root.',
};
const HANDSHAKE = 'Check that the port speaks TLS 1.2 or newer; for auth: certificate it has to be TLS 1.2.';
/** TLS alerts about what this side has shown, or has not. Where HTTP.sys asked late, and by TLS 1.3, they come when a request has left. */
const OWN_CERTIFICATE = /^ERR_SSL_\w+_ALERT_(?:\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/;
const TRUST = 'Name the issuing authority (CA file) in the plan, or pin the certificate (fingerprint).';

/**
 * Names what a socket error means.
 * @param phase `connecting` until the connection (with TLS) is open, `waiting` until the first byte of the answer, then `reading`
 */
export function brokenBy(error: Error, phase: 'connecting' | 'waiting' | 'reading', sent: boolean, reused: boolean): BrokenExchange {
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const base = { errno, sent, stale: false };
  if (phase === 'waiting' && errno?.startsWith('HPE_')) {
    return {
      ...base,
      code: 'host.not-wsman',
      class: 'operator',
      what: 'did not answer in HTTP',
      remedy: 'Check the port: the address must lead to WinRM.',
    };
  }
  if (errno !== null && OWN_CERTIFICATE.test(errno)) {
    return {
      ...base,
      code: 'host.tls',
      class: 'operator',
      what: 'wants another certificate of its client than it was shown',
      remedy:
        'With auth: certificate, check its dates, that its file holds the authorities between it and the one the host trusts, and that the host ' +
        'trusts that one; with any other, let the listener take clients without a certificate.',
    };
  }
  if (phase === 'connecting') return { ...base, ...connecting(errno) };
  return {
    ...base,
    stale: reused && phase === 'waiting' && (errno === 'ECONNRESET' || errno === 'EPIPE'),
    code: 'host.disconnected',
    class: 'retryable',
    what: phase === 'waiting' ? 'closed the connection without an answer' : 'closed the connection in the middle of its answer',
    remedy: 'Check whether the host or its WinRM service restarted, and what stands between this machine and the host.',
  };
}

function connecting(errno: string | null): Pick<BrokenExchange, 'code' | 'class' | 'what' | 'remedy'> {
  switch (errno) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return {
        code: 'host.name-unresolved',
        class: 'retryable',
        what: 'has a name that cannot be resolved',
        remedy: 'Check the name in the plan and DNS.',
      };
    case 'ECONNREFUSED':
      return { code: 'host.unreachable', class: 'retryable', what: 'refuses connections', remedy: REACH };
    case 'ECONNRESET':
    case 'EPIPE':
      return { code: 'host.disconnected', class: 'retryable', what: 'closed the connection before it was ready', remedy: REACH };
    default:
      // System errors are one word; everything else at this point comes from TLS.
      return errno === null || (/^E[A-Z0-9]+$/.test(errno) && errno !== 'EPROTO')
        ? { code: 'host.unreachable', class: 'retryable', what: 'cannot be reached', remedy: REACH }
        : {
            code: 'host.tls',
            class: 'operator',
            what: 'could not be trusted over TLS',
            remedy: CERTIFICATE[errno] ?? (/^(EPROTO|ERR_SSL)/.test(errno) ? HANDSHAKE : TRUST),
          };
  }
}
