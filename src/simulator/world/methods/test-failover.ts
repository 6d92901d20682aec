import { EnabledState } from '../../../domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../../domain/replication.ts';
import type { CimReference } from '../../cim.ts';
import { emptyChangeLog } from '../change-log.ts';
import { VIRTUALIZATION } from '../classes/declare.ts';
import { diskInstanceId } from '../instances/storage-instance.ts';
import { randomStream } from '../random.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import type { World } from '../world.ts';
import { begin, freeRelationship, isRecoverySide, type Method, machineArgument, recoveryPointArgument, requireState } from './method.ts';

const TEST_MS = 6_000;
/** `AutomaticStartupAction`: nothing. */
const NEVER = 2;

/**
 * `Msvm_ReplicationService.TestReplicaSystem` of a replica in 3 or 7 that has no test machine yet: makes `<name> - Test`, mode 3, off, which
 * is nobody's replica and goes only with DestroySystem. Replication goes on.
 */
export const testReplicaSystem: Method = (context) => {
  const { host, call } = context;
  const vm = machineArgument(context);
  const relationship = freeRelationship(vm);
  recoveryPointArgument(context, vm);
  const { state, lastReplicationTime } = relationship;
  requireState(isRecoverySide(vm) && (state === ReplicationState.Replicating || state === ReplicationState.Suspended));
  requireState(lastReplicationTime !== null && vm.testMachine === null);
  const id = randomStream(host.world.seed, 'test machine', vm.id, vm.jobCount).guid();
  const outcome = begin(context, vm, {
    method: call.method,
    jobType: 102,
    caption: 'Creating the test virtual machine',
    cancellable: false,
    workMs: TEST_MS,
    transfer: false,
    done: () => addTestMachine(host.world, vm, id),
    failed: () => undefined,
  });
  const reference: CimReference = {
    namespace: VIRTUALIZATION,
    className: 'Msvm_ComputerSystem',
    keys: { CreationClassName: 'Msvm_ComputerSystem', Name: id },
  };
  return { ...outcome, out: { ...outcome.out, ResultingSystem: vm.quirks.testSystemNamed ? reference : null } };
};

function addTestMachine(world: World, vm: VirtualMachine, id: string): void {
  const now = world.now();
  vm.testMachine = id;
  vm.lastTestFailover = now;
  world.host(vm.hostName).vms.set(id, {
    ...vm,
    id,
    name: `${vm.name} - Test`,
    disks: vm.disks.map((disk, index) => ({
      ...disk,
      path: disk.path.replace(/\.vhdx$/, '-test.avhdx'),
      instanceId: diskInstanceId(id, index),
    })),
    createdAt: now,
    power: EnabledState.Off,
    poweredSince: null,
    powerChangedAt: now,
    mode: ReplicationMode.TestReplica,
    relationship: null,
    extended: null,
    partnerHost: null,
    remoteRunning: false,
    recoveryPoints: [],
    automaticStartupAction: NEVER,
    operation: null,
    jobCount: 0,
    changeLog: emptyChangeLog(now),
    stage: null,
    testOf: vm.id,
    testMachine: null,
    lastTestFailover: null,
  });
}
