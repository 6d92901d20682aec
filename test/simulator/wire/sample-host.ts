import type {
  CimClass,
  CimHost,
  CimInstance,
  CimPropertyDefinition,
  CimValue,
  Disposition,
  MethodCall,
  MethodOutcome,
  RequestInfo,
} from '../../../src/simulator/cim.ts';

export const NAMESPACE = 'root/virtualization/v2';
export const GUIDS = [
  '6A45A8B4-2B3C-4A61-9B0F-0C0000000001',
  '6A45A8B4-2B3C-4A61-9B0F-0C0000000002',
  '6A45A8B4-2B3C-4A61-9B0F-0C0000000003',
] as const;

const property = (name: string, type: CimPropertyDefinition['type'], more: Partial<CimPropertyDefinition> = {}): CimPropertyDefinition => ({
  name,
  type,
  ...more,
});

const cimClass = (
  name: string,
  properties: CimPropertyDefinition[],
  methods: CimClass['methods'] = {},
  namespace = NAMESPACE,
): CimClass => ({
  namespace,
  name,
  properties,
  methods,
});

export const computerSystem = cimClass(
  'Msvm_ComputerSystem',
  [
    property('CreationClassName', 'string', { key: true }),
    property('Name', 'string', { key: true }),
    property('ElementName', 'string'),
    property('Description', 'string'),
    property('EnabledState', 'uint16'),
    property('ProcessID', 'uint32'),
    property('OnTimeInMilliseconds', 'uint64'),
    property('ReplicationMode', 'uint16'),
    property('ReplicationState', 'uint16'),
    property('EnhancedSession', 'boolean'),
    property('StatusDescriptions', 'string', { array: true }),
    property('OperationalStatus', 'uint16', { array: true }),
    property('TimeOfLastStateChange', 'datetime'),
  ],
  { RequestStateChange: [property('RequestedState', 'uint16'), property('TimeoutPeriod', 'datetime')] },
);

const replicationService = cimClass(
  'Msvm_ReplicationService',
  [
    property('SystemCreationClassName', 'string', { key: true }),
    property('SystemName', 'string', { key: true }),
    property('CreationClassName', 'string', { key: true }),
    property('Name', 'string', { key: true }),
    property('Started', 'boolean'),
  ],
  {
    InitiateFailback: [
      property('ComputerSystem', 'reference'),
      property('ReplicationSettingData', 'string'),
      property('RecoveryPointIdentifier', 'string'),
    ],
    StopService: [],
    Explode: [],
  },
);

const managementService = cimClass(
  'Msvm_VirtualSystemManagementService',
  [property('CreationClassName', 'string', { key: true }), property('Name', 'string', { key: true })],
  { DestroySystem: [property('AffectedSystem', 'reference')] },
);

const affectedJob = cimClass('Msvm_AffectedJobElement', [
  property('AffectedElement', 'reference', { key: true }),
  property('AffectingElement', 'reference', { key: true }),
]);

const probe = cimClass(
  'Peer_Probe',
  [
    property('Id', 'string', { key: true }),
    property('Text', 'string'),
    property('NullText', 'string'),
    property('Multi', 'string', { array: true }),
    property('Count', 'uint32'),
  ],
  {
    Echo: [
      property('Text', 'string'),
      property('Numbers', 'uint32', { array: true }),
      property('Embedded', 'string'),
      property('Flag', 'boolean'),
      property('Big', 'uint64'),
      property('Small', 'uint8'),
      property('When', 'datetime'),
    ],
  },
);

const product = cimClass(
  'Win32_ComputerSystemProduct',
  [property('Name', 'string', { key: true }), property('UUID', 'string')],
  {},
  'root/cimv2',
);

const PROBES = 2000;

/** A host whose data is fixed; what was called and asked is on record, what comes next can be set. */
export class SampleHost implements CimHost {
  readonly name = 'HVHOST1';
  readonly mayReadConfiguration = true;
  readonly username = 'hvadmin';
  readonly password = 'Passw0rd!';
  maxEnvelopeBytes = 512_000;
  up = true;
  readonly calls: MethodCall[] = [];
  readonly asked: RequestInfo[] = [];
  readonly lookups: Readonly<Record<string, string>>[] = [];
  nextDisposition: Disposition = {};
  outcome: (call: MethodCall) => MethodOutcome = () => ({ returnValue: 0, out: {} });
  probeText: (index: number) => CimValue = (index) => (index % 2 === 0 ? 'even' : 'odd');
  readonly #listeners = new Set<(up: boolean) => void>();

  now(): number {
    return Date.UTC(2031, 4, 6, 7, 8, 9);
  }

  class(namespace: string, name: string): CimClass | undefined {
    return [...this.classes(namespace)].find((cls) => cls.name === name);
  }

  classes(namespace: string): Iterable<CimClass> {
    return [computerSystem, replicationService, managementService, affectedJob, probe, product].filter(
      (cls) => cls.namespace === namespace,
    );
  }

  *instances(cls: CimClass): Iterable<CimInstance> {
    if (cls === probe) for (let index = 0; index < PROBES; index += 1) yield this.#probe(index);
    if (cls === product) yield { class: cls, values: { Name: 'PowerEdge', UUID: '4C4C4544-0051-3510-8052-B4C04F565931' } };
    if (cls === managementService) yield { class: cls, values: { CreationClassName: cls.name, Name: 'vmms' } };
    if (cls === replicationService) {
      yield {
        class: cls,
        values: {
          SystemCreationClassName: 'Msvm_ComputerSystem',
          SystemName: this.name,
          CreationClassName: cls.name,
          Name: 'vmms',
          Started: true,
        },
      };
    }
    if (cls === affectedJob)
      yield { class: cls, values: { AffectedElement: machineReference(GUIDS[0]), AffectingElement: jobReference('JOB-1') } };
    if (cls !== computerSystem) return;
    yield machine(this.name, 'host', 2, { Description: 'Microsoft Hosting Computer System', ReplicationMode: 0 });
    yield machine(GUIDS[0], 'vm-replica-1', 3, { StatusDescriptions: ['a', ''], Description: null });
    yield machine(GUIDS[1], 'vm <&> "2"', 2, { OperationalStatus: [11, 32768], ProcessID: 4242 });
    yield machine(GUIDS[2], "vm's 3 \\ \u{1F600}", 3, { EnhancedSession: false });
  }

  find(cls: CimClass, keys: Readonly<Record<string, string>>): readonly CimInstance[] | undefined {
    if (cls !== probe) return undefined;
    this.lookups.push(keys);
    const index = Number(/^probe-(\d+)$/i.exec(keys.Id ?? '')?.[1] ?? PROBES);
    return index < PROBES ? [this.#probe(index)] : [];
  }

  *associators(
    source: { keys: Readonly<Record<string, string>> },
    assocClass: string | null,
    resultClass: string | null,
  ): Iterable<CimInstance> {
    if (assocClass === probe.name && resultClass === computerSystem.name && source.keys.Id === "it's \\1")
      yield machine(GUIDS[0], 'associated', 2);
  }

  async invoke(call: MethodCall): Promise<MethodOutcome> {
    this.calls.push(call);
    return this.outcome(call);
  }

  disposition(request: RequestInfo): Disposition {
    this.asked.push(request);
    return this.nextDisposition;
  }

  onPower(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setPower(up: boolean): void {
    this.up = up;
    for (const listener of this.#listeners) listener(up);
  }

  #probe(index: number): CimInstance {
    const id = `probe-${String(index).padStart(2, '0')}`;
    return {
      class: probe,
      values: { Id: id, Text: this.probeText(index), NullText: null, Multi: index % 3 === 0 ? ['one', 'two <&>'] : null, Count: index },
    };
  }
}

export const machineReference = (name: string) => ({
  namespace: NAMESPACE,
  className: 'Msvm_ComputerSystem',
  keys: { CreationClassName: 'Msvm_ComputerSystem', Name: name },
});

export const jobReference = (id: string) => ({ namespace: NAMESPACE, className: 'Msvm_ConcreteJob', keys: { InstanceID: id } });

function machine(name: string, elementName: string, enabledState: number, more: Readonly<Record<string, CimValue>> = {}): CimInstance {
  return {
    class: computerSystem,
    values: {
      CreationClassName: computerSystem.name,
      Name: name,
      ElementName: elementName,
      Description: 'Microsoft Virtual Machine',
      EnabledState: enabledState,
      ProcessID: null,
      OnTimeInMilliseconds: '18446744073709551615',
      ReplicationMode: 2,
      ReplicationState: 5,
      EnhancedSession: true,
      StatusDescriptions: null,
      OperationalStatus: [2],
      TimeOfLastStateChange: '20260102030405.678901+060',
      ...more,
    },
  };
}
