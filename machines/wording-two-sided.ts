import type { Failure } from '../src/domain/failure.ts';
import type { Side } from '../src/domain/member.ts';
import { describePower } from '../src/domain/power.ts';
import { type FailbackContext, hostOf, stepOf } from './failback-context.ts';
import { describePair, type Pair } from './pair.ts';

/** The failover home works and waits for a person to make it final. */
export function approvalNeeded({ member }: FailbackContext): Failure {
  return {
    class: 'operator',
    code: 'approval.needed',
    message: `${member.vm} runs at home and is verified; reversing its replication makes the failover final, and the plan leaves that to a person`,
    remedy:
      'Try the VM out. Approve makes it final, cancel takes the failover back: what the VM wrote at home since its start is lost then.',
  };
}

/** Split brain, not of our making: nothing is done to either copy. */
export function bothRunning(context: FailbackContext, pair: Pair): Failure {
  const { member } = context;
  return {
    class: 'operator',
    code: 'partner.running',
    message: `both copies of ${member.vm} run: ${describePair(pair)}; what one writes the other does not have`,
    remedy: `Decide which copy counts (${hostOf(context, 'home')} is home, ${hostOf(context, 'away')} is away), save what the other one has and turn it off there. Then retry.`,
  };
}

/** Why nothing happens yet. */
export function tooEarly(context: FailbackContext): Failure {
  const { settings } = context.member;
  return {
    class: 'retryable',
    code: 'host.busy',
    message: `waiting: the plan lets data move from ${settings.reverse.copyAt ?? ''} on`,
    remedy: 'Nothing to do: it begins by itself.',
  };
}

/** A host that may run the other copy can not be seen. */
export function otherUnseen(context: FailbackContext, side: Side): Failure {
  const { member, sights } = context;
  const host = hostOf(context, side);
  const last = sights[side]?.vm;
  const known = last ? `; it was ${describePower(last.power)} when it was last seen` : '; it was never seen in this run';
  return {
    class: 'operator',
    code: 'partner.unseen',
    message: `host ${host} is out of sight, so nobody knows whether ${member.vm} runs there${known}; ${stepOf(context).label} waits`,
    remedy: `Bring ${host} back into sight: the run goes on by itself. If it is down for good, fence it (power, network, storage), and confirm that by typing the VM's name.`,
  };
}

/** Everything since the VM was stopped has been taken back. */
export function takenBack({ because, member, cancelRequested }: FailbackContext): Failure | null {
  if (member.settings.strategy === 'drill') return because;
  const why = cancelRequested || !because ? 'cancelled' : `given up: ${because.message}`;
  return {
    class: 'operator',
    code: because?.code ?? 'command.refused',
    message: `${why}; the failover home was taken back and ${member.vm} runs on host ${member.partner ?? ''} again`,
    remedy: because?.remedy ?? 'Nothing to do. To bring it home, retry, or run the plan again.',
  };
}

/** Cancelled on the way back: a person goes on by hand. */
export function leftHalfway(context: FailbackContext): Failure {
  const { member, failure } = context;
  const drill = member.settings.strategy === 'drill';
  return {
    class: 'operator',
    code: 'command.refused',
    message: `cancelled while ${drill ? 'the test replica was being removed' : 'the failover home was being taken back'}, at ${stepOf(context).label}${failure ? ` (${failure.message})` : ''}`,
    remedy: drill
      ? 'Remove the test replica by hand (Stop-VMFailover).'
      : 'Look at both hosts before anything is started: only one copy may run. The table in docs/way-home.md tells where the pair stands.',
  };
}
