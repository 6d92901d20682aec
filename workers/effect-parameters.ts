import type { EffectInput } from '../src/domain/effect.ts';
import type { MemberInput } from '../src/domain/member.ts';
import { InitialReplicationType } from '../src/domain/replication.ts';
import type { EffectParameters } from './effect.ts';

/** How a call is made for a member: what its settings and the people who were asked say. */
export function parametersOf(
  { settings, brokers, certificates }: Pick<MemberInput, 'settings' | 'brokers' | 'certificates'>,
  { fenced, side }: Pick<EffectInput, 'fenced' | 'side'>,
): EffectParameters {
  const { firstCopy } = settings.reverse;
  return {
    fenced,
    failoverPoint: null,
    recoveryConnectionPoint: brokers[side === 'home' ? 'away' : 'home'],
    certificateThumbprint: certificates[side],
    initialReplication: { type: firstCopy === 'seeded' ? InitialReplicationType.Seeded : InitialReplicationType.Network, startTime: null },
    resynchronizeAt: null,
    shutdown: { force: false, reason: 'failback moves this virtual machine to another host.' },
  };
}
