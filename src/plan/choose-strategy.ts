import type { Strategy } from '../domain/member.ts';
import {
  describeReplicationHealth,
  describeReplicationMode,
  describeReplicationState,
  IN_BOX_PROVIDER,
  ReplicationHealth,
  ReplicationMode,
  ReplicationState,
} from '../domain/replication.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import type { Strategy as WantedStrategy } from './plan.ts';

export interface StrategyChoice {
  /** Null: it can not be told. */
  readonly strategy: Exclude<Strategy, 'drill'> | null;
  readonly why: string;
}

/** A failback by a provider has begun or is over: whatever else is true, it is brought to its end. */
const BEGUN: readonly number[] = [ReplicationState.FailbackInProgress, ReplicationState.FailbackComplete];

/** How a machine comes home, from what the plan asks for and what its copies show. */
export function chooseStrategy(wanted: WantedStrategy, copies: readonly InventoryVm[]): StrategyChoice {
  const begun = copies.find((vm) => isRecoverySide(vm) && vm.state !== null && BEGUN.includes(vm.state));
  if (begun && wanted !== 'reverse')
    return { strategy: 'provider', why: `state ${describeReplicationState(begun.state ?? 0)} on ${begun.host}: its provider is at work` };
  const ids = copies.flatMap(({ providerId }) => providerId ?? []);
  if (wanted === 'provider') {
    const doubt = ids.some(isInBox) ? '; the in-box provider may answer 32770 (not supported)' : '';
    return { strategy: 'provider', why: `the plan asks for strategy provider${doubt}` };
  }
  if (wanted === 'reverse') return { strategy: 'reverse', why: 'the plan asks for strategy reverse' };
  const external = copies.find(({ providerId }) => providerId !== null && !isInBox(providerId));
  if (external)
    return {
      strategy: 'provider',
      why: `strategy auto: provider ${external.providerId} is external, so it is asked with InitiateFailback`,
    };
  if (ids.length === 0) return { strategy: null, why: 'strategy auto: the provider is not known' };
  return {
    strategy: 'reverse',
    why: `strategy auto: between hosts of the in-box provider a machine goes by reversed replication and a planned failover (${copies.map(describeCopy).join('; ')})`,
  };
}

/** "hv-dr-01: replica, state 5 (recovered)", and its health unless that is as it should be. */
function describeCopy({ host, mode, state, health }: InventoryVm): string {
  const role = mode === ReplicationMode.Primary ? 'primary' : mode === ReplicationMode.Replica ? 'replica' : describeReplicationMode(mode);
  const bad = health === ReplicationHealth.Critical ? `, health ${describeReplicationHealth(health)}` : '';
  return `${host}: ${role}, state ${describeReplicationState(state ?? ReplicationState.Disabled)}${bad}`;
}

function isInBox(providerId: string): boolean {
  return providerId.replace(/[{}]/g, '').toUpperCase() === IN_BOX_PROVIDER;
}
