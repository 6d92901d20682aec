import { type MemberSettings, probesOf } from '../src/domain/member.ts';
import { EnabledState } from '../src/domain/power.ts';
import { describeReplicationMode, describeReplicationState, ReplicationMode, ReplicationState } from '../src/domain/replication.ts';
import { stateOf } from './pair.ts';
import { blocked, busy, ready, runsWell, type Step, wait } from './step.ts';
import { probe } from './verification-steps.ts';

/** Common to all steps here. Whatever a drill comes to, what it made is removed. */
const own = { side: 'home', looksAt: 'own', lasting: false, cancel: 'revert', proof: () => 0, underWay: () => null } as const;

const TESTABLE: readonly number[] = [ReplicationState.Replicating, ReplicationState.Suspended];

const testReplica: Step = {
  ...own,
  name: 'testReplica',
  does: 'makes a test replica beside the replica; replication goes on',
  doneWhen: 'a test replica exists',
  label: 'TestReplicaSystem',
  cmdlet: 'Start-VMFailover -AsTest',
  effect: 'testReplicaSystem',
  done: ({ test }) => test !== null,
  readiness(look) {
    const { home } = look;
    if (home.mode !== ReplicationMode.Replica && home.mode !== ReplicationMode.ExtendedReplica) {
      return blocked(
        `replication mode is ${describeReplicationMode(home.mode)}, but a test replica is made from a replica`,
        'Run the drill on the host of the replica.',
      );
    }
    const state = stateOf(home);
    if (state === ReplicationState.Resynchronizing) return wait('the VM is resynchronising');
    if (!TESTABLE.includes(state)) {
      return blocked(
        `replication state is ${describeReplicationState(state)}, a test replica can be made in ${TESTABLE.join(' and ')}`,
        'Bring the replication back to state 3, then retry.',
      );
    }
    return busy(look) ?? ready;
  },
};

const startTest: Step = {
  ...own,
  name: 'startTest',
  does: 'starts the test replica, which is connected to no network',
  doneWhen: 'the test replica runs',
  label: 'RequestStateChange (2, start) of the test replica',
  cmdlet: 'Start-VM',
  effect: 'startTestSystem',
  done: ({ test }) => test?.power === EnabledState.Running,
  underWay: ({ test, job }) => (test?.power === EnabledState.Starting ? { jobId: job?.jobId ?? null } : null),
  readiness(look) {
    if (!look.test) return blocked('the test replica is gone', 'Somebody removed it. Retry makes a new one.');
    return ready;
  },
};

const verifyTest: Step = {
  ...own,
  name: 'verifyTest',
  does: 'watches it',
  doneWhen: 'it was seen running and healthy for `stable`',
  label: 'test replica seen running and healthy',
  cmdlet: 'Get-VM',
  effect: null,
  done: ({ test }) => test !== null && runsWell(test),
  underWay: () => ({ jobId: null }),
  readiness: () => ready,
  proof: ({ stable }) => stable,
  patience: ({ probing }) => probing.within,
};

const probeTest: Step = {
  ...probe,
  ...own,
  does: 'asks the test replica every probe that needs no network, all in one go',
  doneWhen: 'all of them passed',
  readiness: ({ test }) =>
    test !== null && runsWell(test)
      ? ready
      : blocked('the test replica does not run, so it can not be probed', 'Retry makes and tries a new one.'),
};

const removeTest: Step = {
  ...own,
  cancel: 'finish-then-hold',
  name: 'removeTest',
  does: 'removes the test replica, whatever the drill came to',
  doneWhen: 'there is no test replica',
  label: 'DestroySystem of the test replica',
  cmdlet: 'Stop-VMFailover',
  effect: 'destroyTestSystem',
  done: ({ test }) => test === null,
  readiness: () => ready,
};

/** The steps of a drill, in order. */
export function drillSteps(settings: MemberSettings): readonly Step[] {
  return [testReplica, startTest, verifyTest, ...(probesOf(settings).length > 0 ? [probeTest] : [])];
}

/** What a drill leaves behind is removed in these steps, whatever it came to. */
export const CLEAN_UP_STEPS: readonly Step[] = [removeTest];
