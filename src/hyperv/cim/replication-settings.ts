import type { CimProperty, ReplicationSettings } from '../hyperv-host.ts';
import type { Call } from './call.ts';
import type { ClassList } from './cim-access.ts';
import { type CimInstance, type CimValue, integerOf, textOf } from './cim-instance.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { relationshipOf } from './vm-id.ts';

export const SETTINGS_CLASS = 'Msvm_ReplicationSettingData';

const GUID = /[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}/gi;

/** CIM types of the class: WS-Management does not carry them, CIM-XML needs them. Properties a newer Windows adds count as strings. */
const TYPES: Readonly<Record<string, string>> = {
  RecoveryServerPortNumber: 'uint16',
  AuthenticationType: 'uint16',
  ReplicationInterval: 'uint16',
  RecoveryHistory: 'uint16',
  ApplicationConsistentSnapshotInterval: 'uint16',
  CompressionEnabled: 'boolean',
  BypassProxyServer: 'boolean',
  ReplicateHostKvpItems: 'boolean',
  AutoResynchronizeEnabled: 'boolean',
  EnableWriteOrderPreservationAcrossDisks: 'boolean',
  AutoResynchronizeIntervalStart: 'datetime',
  AutoResynchronizeIntervalEnd: 'datetime',
};
const ARRAYS: readonly string[] = ['IncludedDisks'];

/** Settings of the primary relationships (`\HVR\0`) of a host, by machine. */
export async function readReplicationSettings(list: ClassList, call: Call): Promise<ReadonlyMap<string, ReplicationSettings>> {
  const everything = { namespace: HYPERV_NAMESPACE, properties: [] };
  const [settings, providers] = await Promise.all([
    list({ ...everything, className: SETTINGS_CLASS }, call),
    list({ ...everything, className: 'Msvm_ReplicationProvider' }, call),
  ]);
  const known = new Set(providers.map((provider) => (textOf(provider, 'Name') ?? '').toUpperCase()));
  const byVm = new Map<string, ReplicationSettings>();
  for (const each of settings) {
    const owner = relationshipOf(textOf(each, 'InstanceID') ?? '');
    if (owner !== null && !owner.extended) byVm.set(owner.vmId, readSettings(owner.vmId, each, known));
  }
  return byVm;
}

/**
 * The settings for a reversed relationship: data goes to `target`, everything else stays as it is.
 * @param certificateThumbprint null keeps the one in the settings
 */
export function reversed(settings: ReplicationSettings, target: string, certificateThumbprint: string | null): readonly CimProperty[] {
  const properties = withValue(settings.properties, 'RecoveryConnectionPoint', target);
  return certificateThumbprint === null ? properties : withValue(properties, 'CertificateThumbPrint', certificateThumbprint);
}

function withValue(properties: readonly CimProperty[], name: string, value: string): readonly CimProperty[] {
  const others = properties.filter((property) => property.name !== name);
  const position = properties.findIndex((property) => property.name === name);
  return others.toSpliced(position < 0 ? others.length : position, 0, { name, type: 'string', value });
}

function readSettings(vmId: string, instance: CimInstance, providers: ReadonlySet<string>): ReplicationSettings {
  return {
    vmId,
    providerId: providerOf(instance.properties.get('ReplicationProvider')?.[0] ?? null, providers),
    primaryConnectionPoint: textOf(instance, 'PrimaryConnectionPoint') || null,
    recoveryConnectionPoint: textOf(instance, 'RecoveryConnectionPoint') || null,
    primaryHostSystem: textOf(instance, 'PrimaryHostSystem') || null,
    recoveryHostSystem: textOf(instance, 'RecoveryHostSystem') || null,
    replicationInterval: integerOf(instance, 'ReplicationInterval'),
    properties: Array.from(instance.properties, ([name, values]) => readProperty(name, values)),
  };
}

function readProperty(name: string, values: readonly CimValue[]): CimProperty {
  const type = TYPES[name] ?? 'string';
  const texts = values.flatMap((value) => (value === null ? [] : [asText(value)]));
  if (texts.length === 0) return { name, type, value: null };
  return { name, type, value: ARRAYS.includes(name) || texts.length > 1 ? texts : (texts[0] ?? null) };
}

/** A path to a provider names its GUID; a host may also send the path as endpoint reference. */
function providerOf(value: CimValue, providers: ReadonlySet<string>): string | null {
  if (value === null) return null;
  const found = Array.from(asText(value).matchAll(GUID), ([guid]) => guid.toUpperCase());
  return found.find((guid) => providers.has(guid)) ?? found[0] ?? null;
}

/** Object paths are strings in this class; where a host turned one into a reference it is turned back into a path. */
function asText(value: Exclude<CimValue, null>): string {
  if (typeof value === 'string') return value;
  if (!('keys' in value)) return '';
  const quoted = Array.from(value.keys, ([name, key]) => `${name}="${key.replace(/[\\"]/g, '\\$&')}"`);
  return `\\\\.\\${HYPERV_NAMESPACE.replaceAll('/', '\\')}:${value.className}.${quoted.join(',')}`;
}
