import { FailbackError } from '../src/domain/failure.ts';
import { RequestedState } from '../src/domain/power.ts';
import type { Effect } from './effect.ts';
import { lookFirst } from './look-first.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ComputerSystem.RequestStateChange(2)` of the VM's test replica: it has no network and does not replicate, so the VM may run meanwhile. */
export const startTestSystem: Effect = {
  name: 'startTestSystem',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: async ({ host, member }, control) => {
    const testVmId = await lookFirst(host.testReplicaOf(member.vmId, control));
    if (testVmId === null) throw noTestReplica(host.name, member.vm);
    return host.requestStateChange(testVmId, RequestedState.Start, control);
  },
};

function noTestReplica(host: string, vm: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'vm.not-found',
    message: `host ${host} has no test replica of ${vm}`,
    remedy: 'Nothing to do: the host is looked at again, somebody may have stopped the test failover.',
    details: { host, sent: false },
  });
}
