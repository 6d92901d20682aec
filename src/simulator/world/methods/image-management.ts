import { instanceOf } from '../classes/declare.ts';
import { virtualHardDiskSettingData } from '../classes/virtual-hard-disk.ts';
import { writeEmbeddedInstance } from '../embedded-instance.ts';
import type { Host } from '../host.ts';
import type { Disk } from '../virtual-machine.ts';
import { answer, type Method, Refusal, ReturnValue } from './method.ts';

/** `Msvm_ImageManagementService.GetVirtualHardDiskSettingData` of an image one of the host's machines has: answered at once, without a job. */
export const getVirtualHardDiskSettingData: Method = ({ host, call }) => {
  const path = call.args.Path;
  if (typeof path !== 'string' || path === '') throw new Refusal(ReturnValue.InvalidParameter);
  const disk = diskAt(host, path);
  if (!disk) throw new Refusal(ReturnValue.FileNotFound);
  const settings = instanceOf(virtualHardDiskSettingData, {
    Caption: 'Virtual Hard Disk Setting Data',
    Description: 'Setting Data for a Virtual Hard Disk',
    Type: 3,
    Format: 3,
    Path: disk.path,
    MaxInternalSize: String(disk.sizeBytes),
    BlockSize: 33_554_432,
    LogicalSectorSize: 512,
    PhysicalSectorSize: 4096,
  });
  return answer(ReturnValue.Completed, { SettingData: writeEmbeddedInstance(settings), Job: null });
};

/** Windows does not tell upper case from lower case in paths. */
function diskAt(host: Host, path: string): Disk | undefined {
  const wanted = path.toLowerCase();
  for (const vm of host.vms.values()) {
    const found = vm.disks.find((disk) => disk.path.toLowerCase() === wanted);
    if (found) return found;
  }
  return undefined;
}
