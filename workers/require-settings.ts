import { FailbackError } from '../src/domain/failure.ts';
import type { MemberInput } from '../src/domain/member.ts';
import type { ReplicationSettings } from '../src/hyperv/hyperv-host.ts';

/** @throws FailbackError `vm.not-replicated` when the host has no replication settings for the VM; nothing has been sent then */
export function requireSettings(settings: ReplicationSettings | null, member: MemberInput): ReplicationSettings {
  if (settings) return settings;
  throw new FailbackError({
    class: 'operator',
    code: 'vm.not-replicated',
    message: `host ${member.host} has no replication settings for ${member.vm}`,
    remedy: 'Check with Get-VMReplication whether the replication of this VM was removed.',
    details: { sent: false },
  });
}
