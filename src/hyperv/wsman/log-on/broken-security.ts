import { type BrokenExchange, TransportError } from '../transport-failure.ts';
import { type SecurityContext, SecurityError, type SecurityTrouble } from './security-context.ts';

const MEANING: Readonly<Record<SecurityTrouble, Pick<BrokenExchange, 'code' | 'class' | 'remedy'>>> = {
  unavailable: {
    code: 'host.log-on-failed',
    class: 'retryable',
    remedy: 'Check from this machine: kinit, and whether a domain controller can be reached.',
  },
  credentials: { code: 'host.unauthorized', class: 'operator', remedy: 'Check the credentials of the plan.' },
  host: { code: 'host.log-on-failed', class: 'operator', remedy: 'Use the full name of the host as its address, or set spn in the plan.' },
  downgrade: {
    code: 'host.not-authentic',
    class: 'operator',
    remedy: 'Check what stands between this machine and the host: a Hyper-V host does not do this by itself.',
  },
  malformed: {
    code: 'host.malformed-answer',
    class: 'retryable',
    remedy: 'Check that the address leads to the host itself and not to a proxy or another service.',
  },
  tampered: {
    code: 'host.not-authentic',
    class: 'operator',
    remedy: 'Check what stands between this machine and the host: somebody changes or repeats messages.',
  },
};

/**
 * Throws what was thrown while a connection was logged on, or while a message was sealed or opened, in the words of the transport.
 * @param context names the mechanism
 * @param sent whether a request may have reached the host
 * @throws TransportError for a SecurityError, else the error itself
 */
export function throwBroken(error: unknown, { mechanism }: SecurityContext, sent: boolean): never {
  if (!(error instanceof SecurityError)) throw error;
  const { trouble, message, remedy } = error;
  const meaning = MEANING[trouble];
  const what = `can not be spoken to by ${mechanism}: ${message}`;
  throw new TransportError({ ...meaning, remedy: remedy ?? meaning.remedy, what, sent, stale: false, errno: null });
}
