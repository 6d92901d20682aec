import type { Failure } from '../src/domain/failure.ts';
import type { Side } from '../src/domain/member.ts';
import { describePower } from '../src/domain/power.ts';
import { describeReplicationState } from '../src/domain/replication.ts';
import { type FailbackContext, hostOf, stepOf } from './failback-context.ts';
import { describePair, isFailedOverHome, isHomeward, isProtected, isUp, type Pair, stateOf } from './pair.ts';
import { type Look, pairOf } from './step.ts';

/** The failover works and waits for a person to make it final. */
export function approvalNeeded(context: FailbackContext): Failure {
  const { vm } = context.member;
  const host = hostOf(context, 'home');
  return {
    class: 'operator',
    code: 'approval.needed',
    message: `${vm} runs on host ${host} and is verified; reversing its replication makes the failover final, and the plan leaves that to a person`,
    remedy: `Try the VM out. Approve makes it final, cancel takes the failover back: what the VM wrote on ${host} since its start is lost then.`,
  };
}

/** Split brain, not of our making: nothing is done to either copy. */
export function bothRunning({ member }: FailbackContext, look: Look): Failure {
  const { hosts } = look;
  return {
    class: 'operator',
    code: 'partner.running',
    message: `both copies of ${member.vm} run: ${describePair(pairOf(look), hosts)}; what one writes the other does not have`,
    remedy: `Decide which copy counts, save what the other one has and turn it off there. The run moves the VM from ${hosts.away} to ${hosts.home}. Then retry.`,
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

/** Why nothing happens yet, where others have the transfer slots. */
export function waitsForOthers(context: FailbackContext): Failure {
  return {
    class: 'retryable',
    code: 'host.busy',
    message: `waiting for a transfer slot: hosts ${hostOf(context, 'away')} and ${hostOf(context, 'home')} move the data of other VMs first`,
    remedy: 'Nothing to do: it begins by itself. `limits.transfers` of a host says how many VMs move data at a time.',
  };
}

/** A host can not be seen; only for that of the other copy a person may vouch. */
export function outOfSight(context: FailbackContext, side: Side): Failure {
  const { member, sights } = context;
  const host = hostOf(context, side);
  const last = sights[side]?.vm;
  const known = last ? `; it was ${describePower(last.power)} when it was last seen` : '; it was never seen in this run';
  return {
    class: 'operator',
    code: 'partner.unseen',
    message: `host ${host} is out of sight, so nobody knows whether ${member.vm} runs there${known}; ${stepOf(context).label} waits`,
    remedy: `Bring ${host} back into sight: the run goes on by itself.${side === stepOf(context).side ? '' : ` ${FENCE}`}`,
  };
}

const FENCE = "If it is down for good, fence it (power, network, storage), and confirm that by typing the VM's name.";

/** The VM is stopped, and its data can not follow at once any more. */
export function behindAgain(context: FailbackContext): Failure {
  const { member, sights } = context;
  const state = sights.away?.vm?.replication?.state;
  return {
    class: 'operator',
    code: 'state.unexpected',
    message: `replication to ${hostOf(context, 'home')} broke after ${member.vm} had been shut down on host ${hostOf(context, 'away')}${state === undefined ? '' : `: replication state ${describeReplicationState(state)} there`}`,
    remedy: 'Fix what the Hyper-V-VMMS/Admin logs of both hosts report. Retry moves the data first, while the VM runs.',
  };
}

/** Where the VM runs and what the hosts go on with, for a lifecycle that ends on its way: "sql01 runs on host hv-b and …". */
export function standing({ member, sights: { home, away } }: FailbackContext): string {
  const [here, there] = [member.host, member.partner ?? ''];
  if (!home?.vm || !away?.vm) return `where ${member.vm} runs was not seen on both hosts`;
  const pair = { home: home.vm, away: away.vm };
  const runs = [...(isUp(pair.away) ? [there] : []), ...(isUp(pair.home) ? [here] : [])];
  const power = runs.length === 0 ? `${member.vm} is off on both hosts` : `${member.vm} runs on host ${runs.join(' and on host ')}`;
  return `${power}, ${flow(pair, here, there)}`;
}

function flow(pair: Pair, here: string, there: string): string {
  if (isProtected(pair)) return `replication runs from ${here} to ${there}`;
  if (isFailedOverHome(pair)) return `its failover to ${here} is not final: replication was not reversed`;
  const state = describeReplicationState(stateOf(pair.away));
  if (isHomeward(pair)) return `replication from ${there} to ${here} is in state ${state} and goes on by itself where that state allows`;
  return `nothing is replicated to ${here} yet: replication state on ${there} is ${state}`;
}

/** Everything since the VM was stopped has been taken back. */
export function takenBack({ because, member, cancelRequested }: FailbackContext): Failure | null {
  if (member.settings.strategy === 'drill') return because;
  const why = cancelRequested || !because ? 'cancelled' : `given up: ${because.message}`;
  return {
    class: 'operator',
    code: because?.code ?? 'command.refused',
    message: `${why}; the failover to ${member.host} was taken back and ${member.vm} runs on host ${member.partner ?? ''} again`,
    remedy: because?.remedy ?? 'Nothing to do. To go on, retry, or run the plan again with the same intent.',
  };
}

/** Cancelled on the way back: a person goes on by hand. */
export function leftHalfway(context: FailbackContext): Failure {
  const { member, failure } = context;
  const drill = member.settings.strategy === 'drill';
  return {
    class: 'operator',
    code: 'command.refused',
    message: `cancelled while ${drill ? 'the test replica was being removed' : `the failover to ${hostOf(context, 'home')} was being taken back`}, at ${stepOf(context).label}${failure ? ` (${failure.message})` : ''}`,
    remedy: drill
      ? 'Remove the test replica by hand (Stop-VMFailover).'
      : 'Look at both hosts before anything is started: only one copy may run. The table in docs/way-home.md tells where the pair stands.',
  };
}
