import type { Failure, FailureClass, FailureCode } from './failure.ts';

/** `ReturnValue` of every replication method: finished, without a promise of a job. */
const COMPLETED = 0;
/** `ReturnValue` of every replication method: parameters checked, job started. */
export const JOB_STARTED = 4096;

interface Row {
  readonly code: FailureCode;
  readonly class: FailureClass;
  readonly name: string;
  readonly remedy: string;
}

/**
 * Return values of the replication methods of `Msvm_ReplicationService` (one list for all, from Microsoft's reference)
 * and of `Msvm_ComputerSystem.RequestStateChange`, with our handling.
 */
const TABLE: Readonly<Record<number, Row>> = {
  32768: { code: 'wmi.failed', class: 'reconcile', name: 'Failed', remedy: "Read the host's Hyper-V-VMMS/Admin event log for the reason." },
  32769: {
    code: 'wmi.access-denied',
    class: 'operator',
    name: 'Access denied',
    remedy: "Add the account to the host's Hyper-V Administrators group.",
  },
  32770: {
    code: 'wmi.not-supported',
    class: 'permanent',
    name: 'Not supported',
    remedy: 'Check the replication provider: the in-box provider may not accept InitiateFailback; use strategy reverse.',
  },
  32771: {
    code: 'wmi.status-unknown',
    class: 'reconcile',
    name: 'Status is unknown',
    remedy: 'Nothing to do: the host is looked at before anything else.',
  },
  32772: {
    code: 'wmi.timeout',
    class: 'reconcile',
    name: 'Timeout',
    remedy: 'Nothing to do: the work may go on inside the host and is looked at.',
  },
  32773: {
    code: 'wmi.invalid-parameter',
    class: 'permanent',
    name: 'Invalid parameter',
    remedy: "Check the VM's replication settings (disks changed?) and the recovery point of the plan.",
  },
  32774: {
    code: 'wmi.in-use',
    class: 'retryable',
    name: 'System is in use',
    remedy: "Another operation holds the VM's lock, often a backup: wait or stop it.",
  },
  32775: {
    code: 'wmi.invalid-state',
    class: 'reconcile',
    name: 'Invalid state for this operation',
    remedy: "Compare the VM's replication state with what the step needs.",
  },
  32776: {
    code: 'wmi.incorrect-data-type',
    class: 'permanent',
    name: 'Incorrect data type',
    remedy: 'Report this as a defect of failback.',
  },
  32777: {
    code: 'wmi.not-available',
    class: 'retryable',
    name: 'System is not available',
    remedy: 'Check that the Virtual Machine Management service runs and that the VM is still on this host.',
  },
  32778: {
    code: 'wmi.out-of-memory',
    class: 'retryable',
    name: 'Out of memory',
    remedy: 'Free memory on the host or lower limits.inFlight.',
  },
  32779: {
    code: 'wmi.file-not-found',
    class: 'permanent',
    name: 'File not found',
    remedy: "Check the VM's virtual disks and their storage.",
  },
};

/** True for 0 and 4096. */
export function isAccepted(returnValue: number): boolean {
  return returnValue === COMPLETED || returnValue === JOB_STARTED;
}

/**
 * Turns a refused `ReturnValue` into a {@link Failure}. Values outside the documented list are class `reconcile`:
 * an answer nobody knows says nothing about whether the work was started.
 * @throws RangeError for 0 and 4096, which are not failures
 */
export function returnValueFailure(method: string, returnValue: number): Failure {
  if (isAccepted(returnValue)) throw new RangeError(`${returnValue} is not a failure of ${method}`);
  const row = TABLE[returnValue];
  if (!row) {
    return {
      class: 'reconcile',
      code: 'wmi.unknown-return-value',
      message: `${method} returned ${returnValue}, which is not a documented value`,
      remedy: 'The host is looked at before anything else; report the value if the member stops.',
      details: { method, returnValue },
    };
  }
  return {
    class: row.class,
    code: row.code,
    message: `${method} returned ${returnValue} (${row.name})`,
    remedy: row.remedy,
    details: { method, returnValue },
  };
}

/** All documented refusals, for documentation and tests. */
export const DOCUMENTED_REFUSALS: readonly number[] = Object.keys(TABLE).map(Number);
