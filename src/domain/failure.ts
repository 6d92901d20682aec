/**
 * The four ways to go on after something went wrong:
 * - `retryable`: nothing happened on the host, or it says "later"; try again with back-off
 * - `reconcile`: we do not know whether it happened; look at the host before anything else
 * - `operator`: a person must fix something, then retry
 * - `permanent`: trying again cannot help
 */
export type FailureClass = 'retryable' | 'reconcile' | 'operator' | 'permanent';

/** Every failure has one of these codes; each has a paragraph in docs/errors.md. */
export const FAILURE_CODES = [
  'usage.invalid',
  'plan.invalid',
  'plan.unreadable',
  'secret.missing',
  'redis.unreachable',
  'redis.unsafe',
  'run.unknown',
  'run.ambiguous',
  'run.active',
  'member.unknown',
  'command.refused',
  'archive.unreadable',
  'snapshot.unsupported',
  'preflight.blocked',
  'host.unreachable',
  'host.name-unresolved',
  'host.tls',
  'host.unauthorized',
  'host.forbidden',
  'host.log-on-failed',
  'host.not-authentic',
  'host.timeout',
  'host.disconnected',
  'worker.gone',
  'host.not-sent',
  'host.busy',
  'host.not-wsman',
  'host.malformed-answer',
  'host.answer-too-large',
  'host.envelope-too-small',
  'host.fault',
  'host.not-found',
  'host.no-hyperv',
  'powershell.unavailable',
  'vm.not-found',
  'vm.ambiguous',
  'vm.not-replicated',
  'vm.no-guest-services',
  'vm.guest-locked',
  'partner.running',
  'partner.unseen',
  'approval.needed',
  'verify.failed',
  'wmi.failed',
  'wmi.access-denied',
  'wmi.not-supported',
  'wmi.status-unknown',
  'wmi.timeout',
  'wmi.invalid-parameter',
  'wmi.in-use',
  'wmi.invalid-state',
  'wmi.incorrect-data-type',
  'wmi.not-available',
  'wmi.out-of-memory',
  'wmi.file-not-found',
  'wmi.unknown-return-value',
  'job.failed',
  'job.vanished',
  'job.stuck',
  'deadline.passed',
  'state.unexpected',
  'internal',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** A failure as plain JSON: the only form that is stored, queued, logged or reported. Never holds a credential. */
export interface Failure {
  readonly class: FailureClass;
  readonly code: FailureCode;
  /** One sentence for a person, without the remedy. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy?: string;
  /** Raw evidence: return value, fault subcode, HRESULT, errno… */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The one error class of the product. Anything else that is thrown is coerced by {@link toFailure} at a boundary. */
export class FailbackError extends Error implements Failure {
  override readonly name = 'FailbackError';
  readonly class: FailureClass;
  readonly code: FailureCode;
  readonly remedy?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.class = failure.class;
    this.code = failure.code;
    if (failure.remedy !== undefined) this.remedy = failure.remedy;
    if (failure.details !== undefined) this.details = failure.details;
  }
}

/** `usage.invalid`, class `operator`: a file or folder of the user that can not be written. */
export function unwritable(path: string, cause: unknown): FailbackError {
  const message = `${path} can not be written: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new FailbackError({ class: 'operator', code: 'usage.invalid', message, remedy: 'Check the path and its permissions.' }, { cause });
}

/** Coerces whatever was thrown into a {@link Failure}. Foreign errors become `internal`, class `permanent`. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof FailbackError) {
    const { class: failureClass, code, message, remedy, details } = thrown;
    return {
      class: failureClass,
      code,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      ...(details === undefined ? {} : { details }),
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { class: 'permanent', code: 'internal', message };
}
