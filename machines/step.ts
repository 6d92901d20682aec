import type { EffectName } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberSettings } from '../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../src/domain/observation.ts';

/** One fresh look at a member's VM. */
export interface Look {
  readonly vm: VmObservation;
  /** The job the step follows; null when none is known or the host does not have it any more. */
  readonly job: JobObservation | null;
  /** Unfinished jobs that affect the VM; only known in looks that asked for all jobs, else empty. */
  readonly running: readonly JobObservation[];
}

/** May the step's call be made now? */
export type Readiness =
  | { readonly is: 'ready' }
  /** The host will get there by itself. */
  | { readonly is: 'wait'; readonly why: string }
  /** A person must do something first. */
  | { readonly is: 'blocked'; readonly failure: Failure };

/**
 * What cancelling means while the step's operation runs on the host:
 * `finish-then-hold` lets it end and goes no further, `quarantine` interrupts a data copy and leaves disks nobody may boot.
 */
export type CancelMeaning = 'finish-then-hold' | 'quarantine';

/**
 * One intention of the lifecycle as data. All conditions are predicates over what is seen on the host, so a step that is
 * done is skipped and a step that somebody else started is adopted, whatever our own records say.
 */
export interface Step {
  readonly name: StepName;
  /** "InitiateFailback": for people. */
  readonly label: string;
  /** The call it makes; null when it only watches. */
  readonly effect: EffectName | null;
  /** The intention is fulfilled: before the call "skip", after it "achieved". */
  done(look: Look): boolean;
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
}

export type StepName = 'failback' | 'start' | 'verify' | 'commit' | 'reverse';

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
