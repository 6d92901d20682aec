import type { PlannedSettings, SourcePosition } from './plan.ts';

/** A member of a run: one virtual machine on one host, with the settings that hold for it. */
export interface ResolvedMember {
  /** `<host>/<vmId>`: stable for as long as the machine stays on its host. */
  readonly key: string;
  /** The machine's name as the host spells it. */
  readonly vm: string;
  /** Upper-case GUID. */
  readonly vmId: string;
  /** Name of a host of the plan. */
  readonly host: string;
  readonly settings: PlannedSettings;
  /** The plan entry that selected it. */
  readonly position: SourcePosition;
}
