import { describeJobState } from '../domain/cim-job.ts';
import type { Failure } from '../domain/failure.ts';
import type { Side } from '../domain/member.ts';
import type { JobObservation, ReplicationStatistics, VmObservation } from '../domain/observation.ts';
import { describePower } from '../domain/power.ts';
import { describeReplicationState } from '../domain/replication.ts';
import { isAccepted, JOB_STARTED, returnValueFailure } from '../domain/return-value.ts';
import type { JournalEntry, SeenVm } from '../runtime/journal.ts';
import { byteWords } from './byte-words.ts';
import type { Place } from './place.ts';

/** What of a journal entry's evidence this build knows how to read; everything may be missing. */
export interface Evidence {
  readonly reason?: string;
  readonly vm?: SeenVm | null;
  readonly job?: JobObservation | null;
  readonly output?: { readonly returnValue: number; readonly jobId: string | null };
  readonly error?: Failure;
  readonly failure?: Failure;
  readonly status?: string;
  readonly attempt?: number;
  readonly jobId?: string;
  readonly side?: Side;
  readonly statistics?: ReplicationStatistics | null;
  readonly test?: VmObservation | null;
}

export function evidenceOf(entry: JournalEntry): Evidence {
  return entry.data as Evidence;
}

const WORDS: Readonly<Record<string, string>> = {
  'failback.admit': 'its turn has come',
  'failback.pause': 'pause asked for',
  'failback.resume': 'resume asked for',
  'failback.cancel': 'cancel asked for',
  'failback.retry': 'retry asked for',
  'failback.approve': 'approved',
  'failback.fence': 'confirmed that the copy on the host out of sight can not run',
  'slot.granted': 'its turn to move data has come',
  'run.created': 'run created',
  'run.pause': 'pause asked for',
  'run.resume': 'resume asked for',
  'run.cancel': 'cancel asked for',
  'run.settled': 'every member has ended',
  'run.reopen': 'reopened by a retry',
  'xstate.done.actor.tell': 'members were told',
  'xstate.error.actor.tell': 'telling the members failed, it is repeated',
};

const TIMERS: Readonly<Record<string, string>> = {
  backOff: 'the wait before the next attempt is over',
  stepDeadline: 'the time for the step is over',
  lastLook: 'the time for the last look is over',
  jobDeadline: 'the time for the operation is over',
  doubt: 'nothing was seen on the host for long enough',
  settle: 'the time to settle is over',
  proof: 'the time of proof is over',
  unseen: 'a host was out of sight for too long',
};

/** What happened, in words, from the evidence the journal keeps. Not sanitised: it repeats what hosts say. */
export function eventWords(entry: JournalEntry, place?: Place): string {
  const evidence = evidenceOf(entry);
  if (entry.event === 'host.observed') return observationWords(evidence, place);
  if (entry.event === 'xstate.done.actor.call') return answerWords(evidence);
  if (entry.event === 'xstate.error.actor.call') return evidence.error?.message ?? 'the call did not come back';
  const timer = /^xstate\.after\.([^.]+)\./.exec(entry.event)?.[1];
  if (timer !== undefined) return TIMERS[timer] ?? `timer ${timer}`;
  const words = WORDS[entry.event] ?? entry.event;
  return evidence.reason === undefined ? words : `${words} (${evidence.reason})`;
}

/** "answered 4096 (job started), job 1234". */
export function answerWords({ output }: Evidence): string {
  if (output === undefined) return 'answered';
  const { returnValue, jobId } = output;
  const job = jobId === null ? '' : `, job ${jobId}`;
  if (isAccepted(returnValue)) return `answered ${returnValue} (${returnValue === JOB_STARTED ? 'job started' : 'done'})${job}`;
  return `${returnValueFailure('the call', returnValue).message}${job}`;
}

function observationWords({ vm, job, side, statistics, test }: Evidence, place: Place | undefined): string {
  const seen = place?.partner && side ? `seen at ${side === 'home' ? place.host : place.partner}` : 'seen';
  if (vm === null || vm === undefined) return `${seen}: the host does not have the VM`;
  const state = vm.replication === null ? 'not replicated' : `replication state ${describeReplicationState(vm.replication.state)}`;
  const work = job ? `, job ${describeJobState(job.jobState)}${job.errorCode === 0 ? '' : ` with error ${job.errorCode}`}` : '';
  const backlog = statistics && statistics.pendingBytes > 0 ? `, ${byteWords(statistics.pendingBytes)} to go` : '';
  const trial = test ? `, test VM ${describePower(test.power)}` : '';
  return `${seen}: ${state}, VM ${describePower(vm.power)}${work}${backlog}${trial}`;
}
