import type { z } from 'zod';
import type { EffectInput, EffectName, EffectOutput } from '../src/domain/effect.ts';
import type { MemberInput } from '../src/domain/member.ts';
import type { CallControl, HyperVHost, ReplicationSettings } from '../src/hyperv/hyperv-host.ts';

/** Everything an effect may use. */
export interface EffectContext {
  readonly host: HyperVHost;
  readonly member: MemberInput;
  readonly input: EffectInput;
  /** The VM's replication settings as the host gave them; read before the call is claimed. Null for effects that need none. */
  readonly settings: ReplicationSettings | null;
}

/** One WMI call that is not idempotent, made at most once per attempt. */
export interface Effect {
  readonly name: EffectName;
  readonly input: z.ZodType<EffectInput>;
  readonly output: z.ZodType<EffectOutput>;
  /** The call's parameters contain the VM's replication settings. */
  readonly needsSettings: boolean;
  run(context: EffectContext, control: CallControl): Promise<EffectOutput>;
}
