import { describePower, EnabledState } from '../src/domain/power.ts';
import { ReplicationMode, ReplicationState } from '../src/domain/replication.ts';
import { describePair, isHomeward, stateOf } from './pair.ts';
import { blocked, busy, held, type Look, pairOf, type Readiness, ready, type Step, wait } from './step.ts';

/** Common to all steps here. A way back is not cancelled: what it has begun it brings to its end, or asks a person. */
const rung = { looksAt: 'both', lasting: true, cancel: 'finish-then-hold', proof: () => 0, underWay: () => null } as const;

const RECOVERING: readonly number[] = [ReplicationState.FailoverInProgress, ReplicationState.Recovered];

function strange(look: Look, wanted: string): Readiness {
  return blocked(
    `${wanted}, but the pair stands elsewhere: ${describePair(pairOf(look), look.hosts)}`,
    'Look at both hosts and decide there which copy counts; start only that one.',
  );
}

function isRecovering(look: Look): boolean {
  const { home } = pairOf(look);
  return home.mode === ReplicationMode.Replica && RECOVERING.includes(stateOf(home));
}

const stopHome: Step = {
  ...rung,
  name: 'stopHome',
  does: 'turns the VM off at home',
  doneWhen: 'the VM is off at home',
  label: 'RequestStateChange (3, turn off)',
  cmdlet: 'Stop-VM -TurnOff',
  side: 'home',
  effect: 'turnOff',
  done: (look) => look.home.power === EnabledState.Off,
  readiness(look) {
    if (!isRecovering(look)) return strange(look, `the failover to ${look.hosts.home} is to be taken back`);
    return busy(look) ?? ready;
  },
};

const revertHome: Step = {
  ...rung,
  name: 'revertHome',
  does: 'takes the failover at home back',
  doneWhen: 'home is a replica that is not failed over',
  label: 'RevertFailover',
  cmdlet: 'Stop-VMFailover',
  side: 'home',
  effect: 'revertFailover',
  done: (look) => isHomeward(pairOf(look)) && !isRecovering(look),
  readiness(look) {
    if (!isRecovering(look)) return strange(look, `the failover to ${look.hosts.home} is to be taken back`);
    if (look.home.power !== EnabledState.Off) return strange(look, `the VM on ${look.hosts.home} must be off to take its failover back`);
    if (stateOf(look.home) === ReplicationState.FailoverInProgress) return wait(`the failover to ${look.hosts.home} is still going on`);
    return busy(look) ?? ready;
  },
};

const revertAway: Step = {
  ...rung,
  name: 'revertAway',
  does: 'unlocks the copy away',
  doneWhen: 'away is not prepared any more (3)',
  label: 'RevertFailover',
  cmdlet: 'Stop-VMFailover',
  side: 'away',
  effect: 'revertFailover',
  done: (look) => isHomeward(pairOf(look)) && stateOf(pairOf(look).away) !== ReplicationState.SyncedReplicationComplete,
  readiness(look) {
    if (!isHomeward(pairOf(look))) return strange(look, `the preparation on ${look.hosts.away} is to be taken back`);
    return busy(look) ?? ready;
  },
};

const startAway: Step = {
  ...rung,
  name: 'startAway',
  does: 'starts the VM away again, after the copy at home was seen off',
  doneWhen: 'the VM runs away',
  label: 'RequestStateChange (2, start)',
  cmdlet: 'Start-VM',
  side: 'away',
  effect: 'startVirtualMachine',
  fencing: true,
  done: (look) => isHomeward(pairOf(look)) && pairOf(look).away.power === EnabledState.Running,
  underWay: (look) => (pairOf(look).away.power === EnabledState.Starting ? { jobId: look.job?.jobId ?? null } : null),
  readiness(look) {
    const { home, away } = pairOf(look);
    const { hosts } = look;
    if (!isHomeward(pairOf(look)) || isRecovering(look) || stateOf(away) === ReplicationState.SyncedReplicationComplete)
      return strange(look, `the VM is to be started on ${hosts.away} again`);
    if (home.power !== EnabledState.Off) {
      return blocked(
        `the copy on ${hosts.home} is ${describePower(home.power)}: with a start on ${hosts.away} both copies would run`,
        `Turn the copy on ${hosts.home} off, then retry.`,
      );
    }
    if (away.power === EnabledState.ShuttingDown) return wait(`the VM on ${hosts.away} is shutting down`);
    if (away.power !== EnabledState.Off && away.power !== EnabledState.Saved) {
      return blocked(`the VM on ${hosts.away} is ${describePower(away.power)} and can not be started`, 'Bring it to off, then retry.');
    }
    // A copy home that runs may run for hours, and a VM can be started beside it.
    return held(look) ?? ready;
  },
};

/** The way back from any rung between the shutdown away and the reversal at home. */
export const ROLLBACK_STEPS: readonly Step[] = [stopHome, revertHome, revertAway, startAway];
