import { InitialReplicationType } from '../src/domain/replication.ts';
import type { EffectParameters } from './effect.ts';

/** How things are done unless the plan or a person says otherwise. */
export const DEFAULT_PARAMETERS: EffectParameters = {
  fenced: false,
  failoverPoint: null,
  recoveryConnectionPoint: null,
  certificateThumbprint: null,
  initialReplication: { type: InitialReplicationType.Seeded, startTime: null },
  resynchronizeAt: null,
  shutdown: { force: false, reason: 'failback moves this virtual machine to another host.' },
};
