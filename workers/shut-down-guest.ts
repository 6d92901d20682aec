import { FailbackError } from '../src/domain/failure.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** Return values of `InitiateShutdown` beside those all methods have. */
const NOT_READY = 32780;
const LOCKED = 32781;
const SHUTTING_DOWN = 32782;

/** `Msvm_ShutdownComponent.InitiateShutdown`: asks the guest; whether and when it is off only looking can tell. */
export const shutDownGuest: Effect = {
  name: 'shutDownGuest',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: async ({ host, member, parameters }, control) => {
    const answer = await host.initiateShutdown(member.vmId, parameters.shutdown, control);
    if (answer.returnValue === SHUTTING_DOWN) return { returnValue: 0, jobId: null };
    if (answer.returnValue === NOT_READY) throw notReady(host.name, member.vm);
    if (answer.returnValue === LOCKED) throw locked(host.name, member.vm);
    return answer;
  },
};

function notReady(host: string, vm: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'wmi.not-available',
    message: `the guest of ${vm} on host ${host} is not ready to be shut down (${NOT_READY})`,
    remedy: 'Nothing to do while the guest boots; else shut it down from inside.',
    details: { host, returnValue: NOT_READY },
  });
}

function locked(host: string, vm: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'vm.guest-locked',
    message: `the guest of ${vm} on host ${host} is locked by somebody who is logged on, and does not shut down without force (${LOCKED})`,
    remedy: 'Log off in the guest or shut it down from inside; forced, programs with data that is not saved are closed.',
    details: { host, returnValue: LOCKED },
  });
}
