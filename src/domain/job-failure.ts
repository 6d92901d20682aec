import { describeJobState, JobState, jobPhase } from './cim-job.ts';
import type { Failure, FailureClass } from './failure.ts';
import type { JobObservation } from './observation.ts';
import { DOCUMENTED_REFUSALS, returnValueFailure } from './return-value.ts';

interface Meaning {
  readonly class: FailureClass;
  readonly words: string;
  readonly remedy: string;
}

/** What HRESULTs in the text of a failed job mean, by upper-case hex (`0X80070057`). Text around them is localised and never matched. */
export type Meanings = Readonly<Record<string, Meaning>>;

/** Those seen in failed replication jobs and events. */
const HRESULTS: Meanings = {
  '0X00002EE2': {
    class: 'retryable',
    words: 'the partner did not answer in time',
    remedy: 'Check the network and ports 80/443 to the partner.',
  },
  '0X00002EE7': { class: 'retryable', words: "the partner's name was not resolved", remedy: "Check the host's DNS." },
  '0X00002EFD': {
    class: 'retryable',
    words: 'the partner refused the connection',
    remedy: "Check the partner's replication listener and firewall.",
  },
  '0X00002EFE': {
    class: 'operator',
    words: 'the connection was reset, often a Kerberos failure',
    remedy: 'Check SPNs, Kerberos policy and proxies.',
  },
  '0X00002EF3': { class: 'operator', words: 'a proxy interfered with TLS', remedy: 'Bypass the proxy or its HTTPS inspection.' },
  '0X00002F8F': {
    class: 'operator',
    words: 'TLS refused the certificate',
    remedy: 'Check the certificate chain, name and revocation list.',
  },
  '0X80090303': {
    class: 'operator',
    words: 'the target is unknown to Kerberos',
    remedy: 'Check the Hyper-V Replica SPNs; restart VMMS on the replica.',
  },
  '0X8007052E': { class: 'operator', words: 'the credentials were refused', remedy: 'Fix the account.' },
  '0X80070005': {
    class: 'operator',
    words: 'access was denied',
    remedy:
      'At a reversal: check that the other host is an enabled Replica server and has an authorisation entry for this one. Else check the permissions of the storage and the delegation.',
  },
  '0X80070057': {
    class: 'permanent',
    words: 'a parameter does not match the VM',
    remedy: 'Compare the replicated disks with the disks of the VM.',
  },
  '0X800700EA': { class: 'operator', words: 'the guest integration services do not fit', remedy: 'Update the integration services.' },
  '0X80070032': {
    class: 'operator',
    words: 'the operation is not supported by a disk of the guest',
    remedy: 'Dynamic disks are not supported.',
  },
  '0X80070070': { class: 'operator', words: 'the disk is full', remedy: 'Free space on the storage of the VM.' },
};

/**
 * Where it differs when a replication is reversed: the host says "invalid parameter" also of a partner that something else holds at
 * that moment, a backup that has begun since the last look, say. Afterwards nobody can tell which of both it was, so it is tried again.
 */
export const IN_A_REVERSAL: Meanings = {
  '0X80070057': {
    class: 'retryable',
    words: 'the other copy was busy, or a parameter does not match',
    remedy:
      'Look what held the copy on the other host (a backup?). Where nothing did: compare the replicated disks with those of the VM, and in front of a failover cluster name its Replica Broker in the plan (`broker`).',
  },
};

/** HRESULTs (`0x` + 8 hex digits) in a text, in order of appearance, upper case. */
export function hresultsIn(text: string): readonly string[] {
  return (text.match(/0x[0-9a-f]{8}/gi) ?? []).map((code) => code.toUpperCase());
}

/**
 * Why a job did not succeed. `ErrorCode` repeats the 327xx family of return values, the real reason is often only an
 * HRESULT in the text. What is neither is class `retryable`: the job has ended, so the host can be judged by its state.
 * @param here what HRESULTs mean in the operation of the job, where that differs from what they mean in any
 * @throws RangeError for a job that has not failed
 */
export function jobFailure(job: JobObservation, here: Meanings = {}): Failure {
  if (jobPhase(job.jobState, job.errorCode) !== 'failed') throw new RangeError(`job ${job.jobId} has not failed`);
  const text = job.errorDescription ?? '';
  const details = { jobId: job.jobId, jobState: job.jobState, errorCode: job.errorCode, errorDescription: job.errorDescription };
  const message = `the CIM job ended in state ${describeJobState(job.jobState)}, error code ${job.errorCode}${text ? `: ${text}` : ''}`;
  const meaning = hresultsIn(text)
    .map((code) => here[code] ?? HRESULTS[code])
    .find((known) => known !== undefined);
  if (meaning)
    return { class: meaning.class, code: 'job.failed', message: `${message} (${meaning.words})`, remedy: meaning.remedy, details };
  if (job.jobState === JobState.Terminated || job.jobState === JobState.Killed) {
    return {
      class: 'operator',
      code: 'job.failed',
      message,
      remedy: 'Somebody ended the job on the host: find out who and why, then retry.',
      details,
    };
  }
  if (DOCUMENTED_REFUSALS.includes(job.errorCode)) {
    const known = returnValueFailure('the job', job.errorCode);
    const failureClass = known.class === 'reconcile' ? 'retryable' : known.class;
    return { class: failureClass, code: 'job.failed', message, ...(known.remedy === undefined ? {} : { remedy: known.remedy }), details };
  }
  return {
    class: 'retryable',
    code: 'job.failed',
    message,
    remedy: "Read the host's Hyper-V-VMMS/Admin event log for the reason.",
    details,
  };
}
