import { jobPhase } from '../src/domain/cim-job.ts';
import type { EffectName } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { Meanings } from '../src/domain/job-failure.ts';
import type { MemberSettings, RetrySettings, Side } from '../src/domain/member.ts';
import type { JobObservation, ReplicationStatistics, VmObservation } from '../src/domain/observation.ts';
import { EnabledState, OperationalStatus } from '../src/domain/power.ts';
import type { Pair } from './pair.ts';

/** One fresh look at a member's VM, on every side its strategy looks at. */
export interface Look {
  readonly home: VmObservation;
  /** Null in a strategy that knows only one side. */
  readonly away: VmObservation | null;
  /** The side the step acts on: `job`, `running` and `statistics` are about it. */
  readonly side: Side;
  /** The plan's names of the hosts of both sides: people are told these, since "home" is the other site in a planned failover. */
  readonly hosts: Readonly<Record<Side, string>>;
  /** The job the step follows; null when none is known or the host does not have it any more. */
  readonly job: JobObservation | null;
  /** Unfinished jobs that affect the VM; only known in looks that asked for all jobs, else empty. */
  readonly running: readonly JobObservation[];
  /** Null unless the step asked for it. */
  readonly statistics: ReplicationStatistics | null;
  /** The test replica of the VM at home; null when there is none. */
  readonly test: VmObservation | null;
}

/** May the step's call be made now? */
export type Readiness =
  | { readonly is: 'ready' }
  /** The host will get there by itself. */
  | { readonly is: 'wait'; readonly why: string }
  /** A person must do something first. */
  | { readonly is: 'blocked'; readonly failure: Failure };

/**
 * What cancelling means from the moment the step may be at work:
 * - `leave`: at once; what the host is doing goes on there, and does no harm
 * - `finish-then-hold`: its operation, short, is let come to its end, and nothing after it is done
 * - `revert`: its operation is let come to its end, then everything since the VM was stopped is taken back and it runs where it ran
 * - `quarantine`: a data copy is interrupted and leaves disks nobody may boot
 */
export type CancelMeaning = 'leave' | 'finish-then-hold' | 'revert' | 'quarantine';

/**
 * One intention of the lifecycle as data. All conditions are predicates over what is seen on the hosts, so a step that is
 * done is skipped and a step that somebody else started is adopted, whatever our own records say.
 */
export interface Step {
  readonly name: StepName;
  /** What it is for and when it counts as done, in words: for docs/way-home.md. */
  readonly does: string;
  readonly doneWhen: string;
  /** The WMI method: for people. */
  readonly label: string;
  /** What an administrator would use for the same; null when there is nothing. */
  readonly cmdlet: string | null;
  /** Where it acts. */
  readonly side: Side;
  /** Both sides must be seen, freshly, before it is judged. */
  readonly looksAt: 'own' | 'both';
  /** Once done it stays done on all later rungs; when it is not any more, the lifecycle goes back to it. */
  readonly lasting: boolean;
  /** The call it makes; null when it only watches. */
  readonly effect: EffectName | null;
  /** What is called instead, once the time the first call had is over; absent: a person is asked then. */
  harder?(settings: MemberSettings): EffectName | null;
  /** As `readiness`, for that call. */
  harderReadiness?(look: Look, settings: MemberSettings): Readiness;
  /** Of a step that only watches: while `underWay` holds, what it waits for comes by itself. Absent: what does not hold any more is a person's matter. */
  readonly comesByItself?: boolean;
  /** The answer to its call says that it is done; nothing on the host shows it. */
  readonly answered?: boolean;
  /** Its call makes a lot of data move: the plan may say when. */
  readonly moves?: 'data';
  /** Its conditions need replication statistics of its side. */
  readonly statistics?: boolean;
  /** The intention is fulfilled: before the call "skip", after it "achieved". */
  done(look: Look, settings: MemberSettings): boolean;
  /** The operation runs on the host, whoever started it. */
  underWay(look: Look): { readonly jobId: string | null } | null;
  readiness(look: Look, settings: MemberSettings): Readiness;
  /**
   * Asked in a run that was rebuilt from what the hosts say, before its first call: why the look does not tell whether the step is
   * still to be done or was done long ago. Null, or no such method, when it does.
   */
  unclear?(look: Look, settings: MemberSettings): Failure | null;
  readonly cancel: CancelMeaning;
  /** How long `done` must hold without interruption before it counts, in milliseconds. */
  proof(settings: MemberSettings): number;
  /** From the accepted call to the achieved state, milliseconds; absent: `timeouts.job`. */
  patience?(settings: MemberSettings): number;
  /** Absent: the member's `retry`. */
  retry?(settings: MemberSettings): RetrySettings;
  /** A person must agree before it is called. */
  readonly approval?: boolean;
  /** What HRESULTs in the text of its failed job mean here, where that differs from what they mean elsewhere. */
  readonly jobMeanings?: Meanings;
  /** It makes the VM startable or starts it: the other copy must be off, and a person may vouch for a host that is out of sight. */
  readonly fencing?: boolean;
}

export type StepName =
  | 'failback'
  | 'start'
  | 'verify'
  | 'commit'
  | 'reverse'
  | 'replica'
  | 'copy'
  | 'resume'
  | 'resynchronize'
  | 'inSync'
  | 'shutdown'
  | 'prepare'
  | 'failover'
  | 'probe'
  | 'hold'
  | 'protect'
  | 'stopHome'
  | 'revertHome'
  | 'revertAway'
  | 'startAway'
  | 'testReplica'
  | 'startTest'
  | 'verifyTest'
  | 'removeTest';

export const ready: Readiness = { is: 'ready' };

export function wait(why: string): Readiness {
  return { is: 'wait', why };
}

export function blocked(message: string, remedy: string): Readiness {
  return { is: 'blocked', failure: unexpected(message, remedy) };
}

/** The host is not as it should be, and a person must say what to make of it. */
export function unexpected(message: string, remedy: string): Failure {
  return { class: 'operator', code: 'state.unexpected', message, remedy };
}

/** Both sides of a look that has both. */
export function pairOf({ home, away }: Look): Pair {
  if (!away) throw new Error('a step that looks at both sides was given one');
  return { home, away };
}

/** The VM on the side the step acts on. */
export function ownVm({ side, home, away }: Look): VmObservation {
  return side === 'away' && away ? away : home;
}

/**
 * Anything that holds the VM's lock: on the side the step acts on a job, of the step before included; on either side whoever else does, since
 * what is done on one side of a pair reaches the other.
 */
export function busy(look: Look): Readiness | null {
  const job = [...look.running, ...(look.job ? [look.job] : [])].find(
    ({ jobState, errorCode }) => jobPhase(jobState, errorCode) === 'running',
  );
  if (job) return wait(`job ${job.jobId} (type ${job.jobType}) is running on the VM`);
  return held(look);
}

/** The host says that something holds the VM's lock. */
export function held(look: Look): Readiness | null {
  if ([look.home, look.away].some((vm) => vm?.operationalStatus[0] === OperationalStatus.InService))
    return wait('another operation holds the lock of the VM (a backup?)');
  return null;
}

const HEALTHY = 5;

/** The VM runs, and the host has nothing to say against it. */
export function runsWell({ power, healthState, operationalStatus }: VmObservation): boolean {
  return power === EnabledState.Running && healthState === HEALTHY && operationalStatus[0] === OperationalStatus.Ok;
}
