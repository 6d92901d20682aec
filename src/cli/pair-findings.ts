import type { StepName } from '../../machines/step.ts';
import type { ReverseSettings } from '../domain/member.ts';
import type { VmObservation } from '../domain/observation.ts';
import { EnabledState } from '../domain/power.ts';
import { ReplicationMode } from '../domain/replication.ts';
import type { Heartbeat, ReplicationSettings } from '../hyperv/hyperv-host.ts';
import type { PreflightReason } from '../plan/preflight-conditions.ts';
import type { Receiver } from './look-closer.ts';

/** One copy of a pair and what is known of its host. */
export interface Side {
  /** Plan name. */
  readonly host: string;
  /** Broker of its cluster; null: none. */
  readonly broker: string | null;
  readonly vm: VmObservation;
  readonly settings: ReplicationSettings | undefined;
  readonly receiver: Receiver | undefined;
}

/** Steps after which a host begins to receive: that of the side they name. */
const RECEIVING: Readonly<Partial<Record<StepName, 'home' | 'away'>>> = { replica: 'home', reverse: 'home', protect: 'away' };

/** Hosts that would have to take replicas and do not, for the steps that are still to be done. */
export function receiverReasons(home: Side, away: Side, todo: readonly StepName[]): readonly PreflightReason[] {
  const receiving = new Set(todo.flatMap((step) => RECEIVING[step] ?? []));
  return [...(receiving.has('home') ? reasonsOf(home, away) : []), ...(receiving.has('away') ? reasonsOf(away, home) : [])];
}

function reasonsOf(receiver: Side, sender: Side): readonly PreflightReason[] {
  if (!receiver.receiver) return [];
  const { settings, entries } = receiver.receiver;
  if (settings && !settings.enabled)
    return [
      {
        code: 'receiver',
        message: `host ${receiver.host} is not enabled as a Replica server, so it would refuse what ${sender.host} sends`,
        remedy: `Enable it on ${receiver.host}: Set-VMReplicationServer -ReplicationEnabled $true, with the authentication the relationship uses, and open its firewall rule.`,
      },
    ];
  const names = namesOf(sender);
  if (names.length === 0 || names.some((name) => entries.some((entry) => allows(entry.allowedPrimaryHostSystem, name)))) return [];
  return [
    {
      code: 'authorization',
      message: `host ${receiver.host} has no authorisation entry for ${names[0]}, so it would refuse what ${sender.host} sends`,
      remedy: `Add one on ${receiver.host}: New-VMReplicationAuthorizationEntry -AllowedPrimaryServer ${names[0]}, with a storage location and trust group.`,
    },
  ];
}

/** The names by which a host sends: its own end of the relationship, and the broker of its cluster. */
function namesOf({ vm, settings, broker }: Side): readonly string[] {
  const own =
    vm.mode === ReplicationMode.Primary
      ? [settings?.primaryHostSystem, settings?.primaryConnectionPoint]
      : [settings?.recoveryHostSystem, settings?.recoveryConnectionPoint];
  return [...new Set([...own, broker].flatMap((name) => name || []))];
}

/** An entry is a full name, `*.domain` or `*`. */
function allows(entry: string, name: string): boolean {
  const [allowed, wanted] = [entry.toLowerCase(), name.toLowerCase()];
  if (allowed === '*') return true;
  return allowed.startsWith('*.') ? wanted.endsWith(allowed.slice(1)) : wanted === allowed;
}

/** Nobody in a guest that is to be shut down answers. */
export function guestReasons(
  away: Side,
  heartbeat: Heartbeat | undefined,
  { shutdown }: Pick<ReverseSettings, 'shutdown'>,
  todo: readonly StepName[],
): readonly PreflightReason[] {
  const asked = todo.includes('shutdown') && away.vm.power === EnabledState.Running && !shutdown.turnOff;
  if (!asked || heartbeat === undefined || heartbeat === 'ok') return [];
  return [
    {
      code: 'guest-services',
      message: `the guest of the VM on ${away.host} does not answer, so it can not be asked to shut down: still booting, or without integration services`,
      remedy:
        'Wait until it has booted, enable its integration services (heartbeat, shutdown), or permit the plan to cut its power: reverse: { shutdown: { turnOff: true } }.',
    },
  ];
}
