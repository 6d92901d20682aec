import { FailbackError, toFailure } from '../src/domain/failure.ts';
import { describePower, EnabledState } from '../src/domain/power.ts';
import type { MachinePower } from '../src/hyperv/hyperv-host.ts';
import type { EffectContext, Partner } from './effect.ts';
import { isOfThisProcess } from './host-connections.ts';

/**
 * The last look before something that could make a VM run twice: its other copy must be seen off. Saved and paused are not off.
 * A copy that is not seen is no proof of anything; a person who confirmed the fencing answers for it. A copy that is seen running
 * stops the call whatever was confirmed.
 * @throws FailbackError class `retryable`: `partner.running`, or `partner.unseen` without a confirmed fencing; what only this process
 *   lacks to look (`isOfThisProcess`) as it is: another one can
 */
export async function partnerIsOff({ partner, member, parameters }: EffectContext): Promise<void> {
  if (partner === null) return;
  let seen: MachinePower | null;
  try {
    const host = await partner.reach();
    seen = await host.powerOf(member.vmId, { timeoutMs: member.settings.timeouts.call });
  } catch (thrown) {
    if (parameters.fenced) return;
    if (isOfThisProcess(thrown)) throw thrown;
    throw unseen(partner, member.vm, toFailure(thrown).message, thrown);
  }
  if (seen?.power === EnabledState.Off) return;
  if (seen !== null) throw running(partner, member.vm, seen.power);
  if (!parameters.fenced) throw unseen(partner, member.vm, 'the host has no such VM', null);
}

function running(partner: Partner, vm: string, power: number): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'partner.running',
    message: `${vm} is not off on the other side: on host ${partner.name} its power is ${describePower(power)}, so nothing was called`,
    remedy: `Shut ${vm} down on ${partner.name}; two running copies would both be written to.`,
    details: { host: partner.name, power, sent: false },
  });
}

function unseen(partner: Partner, vm: string, why: string, cause: unknown): FailbackError {
  return new FailbackError(
    {
      class: 'retryable',
      code: 'partner.unseen',
      message: `${vm} can not be seen on host ${partner.name}, where its other copy may run, so nothing was called: ${why}`,
      remedy: `Bring ${partner.name} back into sight, or make sure that the copy there can not run and confirm it by name (approve --fenced).`,
      details: { host: partner.name, sent: false },
    },
    cause === null ? undefined : { cause },
  );
}
