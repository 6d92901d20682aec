import { isAccepted } from '../../domain/return-value.ts';
import type { Call } from './call.ts';
import { type CimAccess, operationOf } from './cim-access.ts';
import { type CimValue, textOf } from './cim-instance.ts';
import { amountOf, tryEmbeddedInstance } from './cim-xml.ts';
import type { MethodCaller } from './method-caller.ts';
import { methodRefused, readMethodResult } from './method-result.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { SETTINGS_CLASS } from './replication-settings.ts';
import { requireGuid } from './vm-id.ts';

const DISKS_CLASS = 'Msvm_StorageAllocationSettingData';
const WHAT = { className: 'Msvm_ImageManagementService', method: 'GetVirtualHardDiskSettingData' } as const;

/**
 * Virtual size of a machine's replicated disks together, bytes. `Msvm_ReplicationSettingData.IncludedDisks` says which disks they are,
 * `Msvm_StorageAllocationSettingData.HostResource` where their images lie, `Msvm_VirtualHardDiskSettingData.MaxInternalSize` how large the
 * guest sees them: also of an image that grows as needed, and of the last of a chain of checkpoints.
 * @returns null when one of the disks is not found or has no size: part of them would be a number that is too small
 * @throws FailbackError as the answers say, and for a refusal as the return value says
 */
export async function replicatedDiskBytes(access: CimAccess, caller: MethodCaller, vmId: string, call: Call): Promise<number | null> {
  const guid = requireGuid('identifier of the virtual machine', vmId);
  const settings = caller.object(SETTINGS_CLASS, { InstanceID: `Microsoft:${guid}\\HVR\\0` });
  const [replication, images] = await Promise.all([access.get(settings, call), readImages(access, guid, call)]);
  const included = new Set((replication.properties.get('IncludedDisks') ?? []).map(diskOf));
  const paths = Array.from(included, (disk) => images.get(disk));
  if (paths.length === 0) return null;
  let bytes = 0;
  for (const path of paths) {
    const size = path === undefined ? null : await sizeOf(caller, path, call);
    if (size === null) return null;
    bytes += size;
  }
  return bytes;
}

/** Image files of the disks a machine has now, by {@link diskOf}; those of its checkpoints belong to other settings. */
async function readImages(access: CimAccess, guid: string, call: Call): Promise<ReadonlyMap<string, string>> {
  const wql =
    `ASSOCIATORS OF {Msvm_VirtualSystemSettingData.InstanceID='Microsoft:${guid}'} ` +
    `WHERE AssocClass = Msvm_VirtualSystemSettingDataComponent ResultClass = ${DISKS_CLASS}`;
  const disks = await access.query({ namespace: HYPERV_NAMESPACE, className: DISKS_CLASS, wql }, call);
  return new Map(
    disks.flatMap((disk) => {
      const [id, path] = [textOf(disk, 'InstanceID'), textOf(disk, 'HostResource')];
      return id && path ? [[diskOf(id), path] as const] : [];
    }),
  );
}

async function sizeOf(caller: MethodCaller, path: string, call: Call): Promise<number | null> {
  const parameters = [['Path', 'string', path]] as const;
  const output = await caller.onService(WHAT.className, call, (target) => caller.ask({ ...WHAT, target, parameters }, call));
  const { returnValue } = readMethodResult(caller.host, operationOf(WHAT), output);
  if (!isAccepted(returnValue)) throw methodRefused(operationOf(WHAT), returnValue);
  // A job instead of an answer (4096) has nowhere to put one.
  const image = tryEmbeddedInstance(textOf(output, 'SettingData') ?? '');
  return image && (amountOf(image, 'MaxInternalSize') || null);
}

/**
 * What names a disk, spelled one way. The documentation says `InstanceID`, the samples put object paths there, and a host may turn these
 * into references; a path doubles the backslashes of the key.
 */
function diskOf(value: CimValue): string {
  if (value !== null && typeof value === 'object') return 'keys' in value ? diskOf(value.keys.get('InstanceID') ?? '') : '';
  const id = /InstanceID\s*=\s*"([^"]*)"/i.exec(value ?? '')?.[1] ?? value ?? '';
  return id.replace(/\\+/g, '\\').toUpperCase();
}
