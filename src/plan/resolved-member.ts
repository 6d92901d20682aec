import type { Strategy } from '../domain/member.ts';
import type { PlannedSettings, SourcePosition } from './plan.ts';
import type { PreflightReason } from './preflight-conditions.ts';

/** A member of a run: one virtual machine, whichever copies it has, with the settings that hold for it. */
export interface ResolvedMember {
  /** `<host>/<vmId>`: stable for as long as the machine stays on its host. */
  readonly key: string;
  /** The machine's name as the host spells it. */
  readonly vm: string;
  /** Upper-case GUID; the same for all copies. */
  readonly vmId: string;
  /** Name of a host of the plan: where the machine shall run in the end, of a drill that of the replica. */
  readonly host: string;
  /** Plan name of the host of the other copy; null in a strategy that knows one side only, and when it was not found. */
  readonly partner: string | null;
  /** Null: it can not be told, and pre-flight says why. */
  readonly strategy: Strategy | null;
  /** How the strategy came about, in words. */
  readonly why: readonly string[];
  /** What keeps its copies from being told apart or its strategy from being carried out. */
  readonly obstacles: readonly PreflightReason[];
  readonly settings: PlannedSettings;
  /** The plan entry that selected it. */
  readonly position: SourcePosition;
}
