import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EffectOutput } from '../src/domain/effect.ts';
import { FailbackError } from '../src/domain/failure.ts';
import { EnabledState, RequestedState } from '../src/domain/power.ts';
import { isAccepted } from '../src/domain/return-value.ts';
import type { CallControl, HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { Effect } from './effect.ts';
import { lookFirst } from './look-first.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** How often a test replica that was turned off is looked at, milliseconds. */
const LOOK_MS = 200;

/**
 * `Msvm_VirtualSystemManagementService.DestroySystem` of the VM's test replica, which is turned off first. There is nothing to lose in it, so
 * both may be done in one attempt; one that is not off in time is deleted by the next attempt. Done when there is none.
 */
export const destroyTestSystem: Effect = {
  name: 'destroyTestSystem',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: async ({ host, member }, control) => {
    const testVmId = await lookFirst(host.testReplicaOf(member.vmId, control));
    if (testVmId === null) return { returnValue: 0, jobId: null };
    const refused = await turnOff(host, testVmId, control);
    return refused ?? host.destroyTestReplica(testVmId, control);
  },
};

/** Returns when the machine is off or gone; a refusal is the answer of the whole effect. */
async function turnOff(host: HyperVHost, testVmId: string, control: CallControl): Promise<EffectOutput | null> {
  let asked = false;
  for (;;) {
    const seen = await lookFirst(host.powerOf(testVmId, control));
    if (seen === null || seen.power === EnabledState.Off) return null;
    if (!asked) {
      const answer = await host.requestStateChange(testVmId, RequestedState.TurnOff, { ...control, messageId: randomUUID() });
      if (!isAccepted(answer.returnValue)) return answer;
      asked = true;
    }
    if (performance.now() + LOOK_MS >= control.sendBy) throw notOffYet(host.name, testVmId);
    await sleep(LOOK_MS);
  }
}

function notOffYet(host: string, testVmId: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'host.busy',
    message: `test replica ${testVmId} on host ${host} is being turned off, it is deleted later`,
    remedy: 'Nothing to do: it is tried again.',
    details: { host, sent: false },
  });
}
