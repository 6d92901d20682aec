import type { MemberSettings } from '../src/domain/member.ts';
import { describePower } from '../src/domain/power.ts';
import { blocked, ready, runsWell, type Step } from './step.ts';

/** Common to all steps here: they look at the started VM at home, whatever the other side is. */
const own = { side: 'home', looksAt: 'own', lasting: false, underWay: () => null } as const;

const verify: Step = {
  ...own,
  name: 'verify',
  does: 'watches the started VM',
  doneWhen: 'the VM was seen running and healthy for `stable`',
  label: 'seen running and healthy',
  cmdlet: 'Get-VM',
  effect: null,
  cancel: 'finish-then-hold',
  done: ({ home }) => runsWell(home),
  underWay: () => ({ jobId: null }),
  readiness: () => ready,
  proof: ({ stable }) => stable,
};

export const probe: Step = {
  ...own,
  name: 'probe',
  does: 'asks the VM what only a working one answers: heartbeat, TCP, HTTP, script',
  doneWhen: 'all probes of the plan passed in one go',
  label: 'all probes passed',
  cmdlet: null,
  effect: 'probe',
  answered: true,
  cancel: 'finish-then-hold',
  done: () => false,
  readiness: ({ home }) =>
    runsWell(home)
      ? ready
      : blocked(`the VM is ${describePower(home.power)}, so it can not be probed`, 'Look at the VM on the host, then retry.'),
  proof: () => 0,
  retry: ({ probing: { within, every } }) => ({
    attempts: Math.max(1, Math.ceil(within / Math.max(1, every))),
    backoff: 'fixed',
    delay: every,
    max: every,
    jitter: 0,
  }),
};

const hold: Step = {
  ...own,
  name: 'hold',
  does: 'goes on watching before the failover becomes final',
  doneWhen: 'the VM went on running for `reverse.hold`',
  label: 'running for the hold time',
  cmdlet: null,
  effect: null,
  cancel: 'finish-then-hold',
  done: ({ home }) => runsWell(home),
  underWay: () => ({ jobId: null }),
  readiness: () => ready,
  proof: ({ reverse }) => reverse.hold,
};

/** How a VM that was started is shown to work. */
export function verification({ probes }: MemberSettings): readonly Step[] {
  return probes.length > 0 ? [verify, probe] : [verify];
}

/** As {@link verification}, before a failover that can still be taken back becomes final. */
export function trial(settings: MemberSettings): readonly Step[] {
  const patience = ({ probing }: MemberSettings): number => probing.within;
  const revertible = verification(settings).map((step): Step => ({ ...step, cancel: 'revert', patience }));
  return settings.reverse.hold > 0 && settings.reverse.commit !== 'none'
    ? [...revertible, { ...hold, cancel: 'revert', patience }]
    : revertible;
}
