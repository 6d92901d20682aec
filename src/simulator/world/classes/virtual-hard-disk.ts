import { declareClass, VIRTUALIZATION } from './declare.ts';
import { SERVICE } from './replication.ts';

export const imageManagementService = declareClass(VIRTUALIZATION, 'Msvm_ImageManagementService', SERVICE, {
  GetVirtualHardDiskSettingData: 'string Path',
});

/** Travels as embedded text only. */
export const virtualHardDiskSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_VirtualHardDiskSettingData',
  `
  string InstanceID
  string Caption
  string Description
  string ElementName
  uint16 Type
  uint16 Format
  string Path
  string ParentPath
  datetime ParentTimestamp
  string ParentIdentifier
  uint64 MaxInternalSize
  uint32 BlockSize
  uint32 LogicalSectorSize
  uint32 PhysicalSectorSize
  string VirtualDiskId
  uint64 DataAlignment
  uint16 PmemAddressAbstractionType
  boolean IsPmemCompatible
  `,
);
