import type { FaultAction, FaultRule, HostEvent } from './fault.ts';
import type { Host } from './host.ts';
import { randomStream } from './random.ts';
import type { StageName } from './stage.ts';
import type { VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

export type FaultPreset = 'none' | 'some' | 'harsh';

export interface PresetFaults {
  readonly rules: readonly FaultRule[];
  readonly events: readonly HostEvent[];
  /** Ids of machines that cannot be brought home, whatever an orchestrator does. */
  readonly hopeless: readonly string[];
}

interface Trouble {
  /** Machines in a hundred it hits with preset `some`; `harsh` hits more than twice as many. */
  readonly share: number;
  readonly nth?: number;
  readonly do: FaultAction;
}

/** Each of these is survived by trying again or by looking before trying again. */
const TRANSIENT: readonly Trouble[] = [
  { share: 5, nth: 1, do: { returnValue: 32774 } },
  { share: 2, nth: 1, do: { returnValue: 32777 } },
  { share: 2, nth: 1, do: { returnValue: 32768 } },
  { share: 4, nth: 1, do: { drop: 'after' } },
  { share: 2, nth: 1, do: { drop: 'before' } },
  { share: 4, do: { jobVanishesAtPercent: 40 } },
  {
    share: 3,
    nth: 1,
    do: {
      jobException: { atPercent: 30, errorCode: 32768, description: 'The connection to the provider timed out.', hresult: '0x00002EE2' },
    },
  },
  { share: 3, nth: 1, do: { delayAfterMs: 400 } },
  { share: 2, nth: 1, do: { stuck: { atPercent: 60, seconds: 120 } } },
];

/** Machines these hit never get home: a person must act, or nothing helps. */
const LASTING: readonly Trouble[] = [
  { share: 1, do: { returnValue: 32769 } },
  { share: 1, do: { returnValue: 32779 } },
  {
    share: 1,
    do: { jobException: { atPercent: 70, errorCode: 32768, description: 'Access to the storage was denied.', hresult: '0x80070005' } },
  },
];

/**
 * Faults for a demonstration, chosen by the world's seed. `some` hits about a quarter of the machines, `harsh` more than half, and
 * some machines for good; even a small world gets one of each kind it has room for.
 */
export function presetFaults(preset: FaultPreset, world: World): PresetFaults {
  if (preset === 'none') return { rules: [], events: [], hopeless: [] };
  const random = randomStream(world.seed, 'preset', preset);
  const machines = random.shuffle(recoveryMachines(world));
  const factor = preset === 'harsh' ? 2.2 : 1;
  // In a small world, where every kind of trouble hits somebody, a part of the machines still shows what normal looks like.
  const most = Math.ceil((machines.length * (preset === 'harsh' ? 2 : 1)) / 3);
  const lastingKinds = preset === 'harsh' ? Math.max(1, Math.min(LASTING.length, Math.floor(machines.length / 10))) : 0;
  const rules: FaultRule[] = [];
  const hopeless: string[] = [];
  let next = 0;
  const hit = (trouble: Trouble, share: number): string[] => {
    const wanted = Math.max(1, Math.round((machines.length * share) / 100));
    const chosen = machines.slice(next, Math.min(next + wanted, most));
    next += chosen.length;
    for (const { vm, host } of chosen) {
      rules.push({
        ...(vm.partnerHost === null ? { host: host.name } : {}),
        vm: vm.id,
        method: mainMethod(vm),
        ...(trouble.nth === undefined ? {} : { nth: trouble.nth }),
        do: trouble.do,
      });
    }
    return chosen.map(({ vm }) => vm.id);
  };
  for (const trouble of LASTING.slice(0, lastingKinds)) hopeless.push(...hit(trouble, trouble.share));
  for (const trouble of TRANSIENT) hit(trouble, trouble.share * factor);
  rules.push({ method: 'enumerate', probability: preset === 'harsh' ? 0.02 : 0.005, do: { drop: 'before' } });
  return { rules, events: restarts(world, preset), hopeless };
}

/** The method the faults are aimed at: no machine gets home without it. */
function mainMethod(vm: VirtualMachine): string {
  return vm.partnerHost === null ? 'InitiateFailback' : 'ReverseReplicationRelationship';
}

/** Pairs that have only to be started at home, or nothing to be done for. */
const NEARLY_HOME: readonly (StageName | null)[] = ['home-reversed', 'home'];

/** Every machine that is to be brought home, of a pair one copy. */
function recoveryMachines(world: World): { vm: VirtualMachine; host: Host }[] {
  const found: { vm: VirtualMachine; host: Host }[] = [];
  const pairs = new Set<string>();
  for (const host of world.hosts.values()) {
    for (const vm of host.vms.values()) {
      const external = vm.mode === 2 || vm.mode === 4;
      if (pairs.has(vm.id) || (vm.partnerHost === null ? !external : NEARLY_HOME.includes(vm.stage))) continue;
      pairs.add(vm.id);
      found.push({ vm, host });
    }
  }
  return found;
}

function restarts(world: World, preset: FaultPreset): HostEvent[] {
  const random = randomStream(world.seed, 'restarts', preset);
  const hosts = random.shuffle([...world.hosts.values()]);
  const count = Math.max(1, Math.round(hosts.length * (preset === 'harsh' ? 0.2 : 0.05)));
  return hosts.slice(0, count).map((host, index) => ({
    host: host.name,
    what: index % 3 === 2 ? ('service-restart' as const) : index % 3 === 1 ? ('unreachable' as const) : ('reboot' as const),
    at: random.between(60, 600),
    for: random.between(60, 240),
  }));
}
