import type { CimClass } from '../../cim.ts';
import { CIMV2, declareClass, VIRTUALIZATION } from './declare.ts';

/** An association class and the names of its two ends. */
export interface AssociationClass {
  readonly cls: CimClass;
  readonly from: string;
  readonly to: string;
}

function associate(name: string, from: string, to: string, more = '', namespace = VIRTUALIZATION): AssociationClass {
  return { cls: declareClass(namespace, name, `key reference ${from}\nkey reference ${to}\n${more}`), from, to };
}

export const systemReplicationRelationship = associate('Msvm_SystemReplicationRelationship', 'Antecedent', 'Dependent');
export const affectedJobElement = associate(
  'Msvm_AffectedJobElement',
  'AffectedElement',
  'AffectingElement',
  'uint16 ElementEffects[]\nstring OtherElementEffectsDescriptions[]',
);
export const owningJobElement = associate('Msvm_OwningJobElement', 'OwningElement', 'OwnedElement');
export const settingsDefineState = associate('Msvm_SettingsDefineState', 'ManagedElement', 'SettingData');
export const snapshotOfVirtualSystem = associate('Msvm_SnapshotOfVirtualSystem', 'Antecedent', 'Dependent');
export const virtualSystemSettingDataComponent = associate('Msvm_VirtualSystemSettingDataComponent', 'GroupComponent', 'PartComponent');
/** From a replica to the machine a test failover made of it. */
export const replicaSystemDependency = associate('Msvm_ReplicaSystemDependency', 'Antecedent', 'Dependent');
export const systemDevice = associate('Msvm_SystemDevice', 'GroupComponent', 'PartComponent');
export const computerSystemProcessor = associate('Win32_ComputerSystemProcessor', 'GroupComponent', 'PartComponent', '', CIMV2);
