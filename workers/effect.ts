import type { z } from 'zod';
import type { EffectInput, EffectName, EffectOutput } from '../src/domain/effect.ts';
import type { MemberInput } from '../src/domain/member.ts';
import type { CallControl, GuestShutdown, HyperVHost, InitialReplication, ReplicationSettings } from '../src/hyperv/hyperv-host.ts';

/** Everything an effect may use. */
export interface EffectContext {
  /** The host the call goes to. */
  readonly host: HyperVHost;
  /** The host with the VM's other copy; null for a VM that has none we know how to reach. */
  readonly partner: Partner | null;
  readonly member: MemberInput;
  readonly input: EffectInput;
  readonly parameters: EffectParameters;
  /** The VM's replication settings as the host gave them; read before the call is claimed. Null for effects that need none. */
  readonly settings: ReplicationSettings | null;
}

/** Reached only by those who need it: most calls must work while the other side is away. */
export interface Partner {
  /** The plan's name of the host. */
  readonly name: string;
  /** @throws whatever keeps this process from reaching it */
  reach(): Promise<HyperVHost>;
}

/** What the plan, or a person, says about how something is to be done. */
export interface EffectParameters {
  /** A person confirmed that the other copy can not run. */
  readonly fenced: boolean;
  /** `InstanceID` of the recovery point to fail over to; null is the latest. */
  readonly failoverPoint: string | null;
  /** Where data goes after a reversal: a host, or the Replica Broker of its cluster; null is where it came from. */
  readonly recoveryConnectionPoint: string | null;
  /** Certificate for a reversed relationship; null keeps the one it has. */
  readonly certificateThumbprint: string | null;
  readonly initialReplication: InitialReplication;
  /** Null is now. */
  readonly resynchronizeAt: Date | null;
  readonly shutdown: GuestShutdown;
}

/** One WMI call that is not idempotent, made at most once per attempt. */
export interface Effect {
  readonly name: EffectName;
  readonly input: z.ZodType<EffectInput>;
  readonly output: z.ZodType<EffectOutput>;
  /** The call's parameters contain the VM's replication settings. */
  readonly needsSettings: boolean;
  /** A look immediately before the call. What it throws is reported instead, and the call is not made. */
  precheck?(context: EffectContext): Promise<void>;
  run(context: EffectContext, control: CallControl): Promise<EffectOutput>;
}
