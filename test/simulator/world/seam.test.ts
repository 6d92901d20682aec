import { describe, expect, it } from 'vitest';
import { AWKWARD_NAMES } from '../../../src/simulator/world/machine-names.ts';
import { jobId, secondsOfData, TestWorld, vmReference } from './world-kit.ts';

const V2 = 'root/virtualization/v2';

describe('classes', () => {
  it('have as many properties as libvirt knows of them', () => {
    const test = new TestWorld();
    const count = (name: string, namespace = V2) => test.cls(name, namespace).properties.length;
    expect({
      Msvm_ComputerSystem: count('Msvm_ComputerSystem'),
      Msvm_ConcreteJob: count('Msvm_ConcreteJob'),
      Msvm_VirtualSystemSettingData: count('Msvm_VirtualSystemSettingData'),
      Msvm_ProcessorSettingData: count('Msvm_ProcessorSettingData'),
      Msvm_MemorySettingData: count('Msvm_MemorySettingData'),
      Win32_OperatingSystem: count('Win32_OperatingSystem', 'root/cimv2'),
      Win32_ComputerSystem: count('Win32_ComputerSystem', 'root/cimv2'),
      Win32_Processor: count('Win32_Processor', 'root/cimv2'),
      Win32_ComputerSystemProduct: count('Win32_ComputerSystemProduct', 'root/cimv2'),
    }).toEqual({
      Msvm_ComputerSystem: 45,
      Msvm_ConcreteJob: 41,
      Msvm_VirtualSystemSettingData: 45,
      Msvm_ProcessorSettingData: 27,
      Msvm_MemorySettingData: 28,
      Win32_OperatingSystem: 63,
      Win32_ComputerSystem: 57,
      Win32_Processor: 48,
      Win32_ComputerSystemProduct: 8,
    });
  });

  it('are found in any case of name and namespace', () => {
    expect(new TestWorld().host().class('ROOT/Virtualization/V2', 'msvm_computersystem')?.name).toBe('Msvm_ComputerSystem');
  });

  it('have instances whose keys are never null and whose properties are all there', () => {
    const test = new TestWorld({ vms: [{ power: 2, extended: true }] });
    const host = test.host();
    for (const namespace of [V2, 'root/cimv2']) {
      for (const cls of host.classes(namespace)) {
        for (const instance of host.instances(cls)) {
          expect(Object.keys(instance.values).sort()).toEqual(cls.properties.map(({ name }) => name).sort());
          for (const { name } of cls.properties.filter(({ key }) => key))
            expect(instance.values[name], `${cls.name}.${name}`).not.toBeNull();
        }
      }
    }
  });
});

describe('look-ups', () => {
  it('find a machine, its relationship and its settings by key, in any case, without going through all machines', () => {
    const test = new TestWorld({ vms: [{ count: 3 }] });
    const id = [...test.world.host('hv-dr-01').vms.keys()][1]?.toLowerCase() ?? '';
    const find = (cls: string, keys: Record<string, string>) => test.host().find(test.cls(cls), keys);
    expect(find('Msvm_ComputerSystem', { Name: id, CreationClassName: 'msvm_computersystem' })).toHaveLength(1);
    expect(find('Msvm_ReplicationRelationship', { InstanceID: `microsoft:${id}\\hvr\\0` })).toHaveLength(1);
    expect(find('Msvm_ReplicationSettingData', { InstanceID: `Microsoft:${id}\\HVR\\0` })).toHaveLength(1);
    expect(find('Msvm_ReplicationRelationship', { InstanceID: `Microsoft:${id}\\HVR\\1` })).toEqual([]);
    expect(find('Msvm_ComputerSystem', { Name: test.host().name })).toHaveLength(1);
    expect(find('Msvm_ComputerSystem', { Name: 'nobody' })).toEqual([]);
  });

  it('leave keys that tell no machine to the caller', () => {
    const test = new TestWorld();
    expect(test.host().find(test.cls('Msvm_ReplicationService'), { CreationClassName: 'Msvm_ReplicationService' })).toBeUndefined();
  });
});

describe('associations', () => {
  it('lead from a machine to everything that belongs to it', async () => {
    const test = new TestWorld({
      vms: [{ count: 2, power: 2, disks: 2, recoveryPoints: 4, extended: true, quirks: { failbackNeedsPowerOff: false } }],
    });
    const vm = test.vm();
    await test.initiateFailback(vm);
    const of = (assoc: string | null, result: string | null) =>
      [...test.host().associators(vmReference({ id: vm.id.toLowerCase() }), assoc, result)].map((one) => one.class.name);
    expect(of('Msvm_SystemReplicationRelationship', null)).toEqual(['Msvm_ReplicationRelationship', 'Msvm_ReplicationRelationship']);
    expect(of('msvm_settingsdefinestate', 'msvm_virtualsystemsettingdata')).toEqual(['Msvm_VirtualSystemSettingData']);
    expect(of('Msvm_SnapshotOfVirtualSystem', null)).toHaveLength(4);
    expect(of('Msvm_AffectedJobElement', null)).toEqual(['Msvm_ConcreteJob']);
    expect(of('Msvm_SystemDevice', null)).toEqual(['Msvm_HeartbeatComponent', 'Msvm_Keyboard', 'Msvm_ShutdownComponent']);
    expect(of(null, 'Msvm_ConcreteJob')).toHaveLength(1);
  });

  it('lead from settings to resources, from a relationship to its settings, from a job to its machine', async () => {
    const test = new TestWorld({ vms: [{ disks: 2 }] });
    const vm = test.vm();
    const outcome = await test.initiateFailback(vm);
    const from = (className: string, InstanceID: string, assoc: string, result: string | null) =>
      [...test.host().associators({ namespace: V2, className, keys: { InstanceID } }, assoc, result)].map((one) => one.class.name);
    const component = (result: string) =>
      from('Msvm_VirtualSystemSettingData', `Microsoft:${vm.id}`, 'Msvm_VirtualSystemSettingDataComponent', result);
    expect(component('Msvm_ProcessorSettingData')).toHaveLength(1);
    expect(component('Msvm_MemorySettingData')).toHaveLength(1);
    expect(component('Msvm_ResourceAllocationSettingData')).toHaveLength(6);
    expect(component('Msvm_StorageAllocationSettingData')).toHaveLength(2);
    expect(from('Msvm_ReplicationRelationship', `Microsoft:${vm.id}\\HVR\\0`, 'Msvm_SettingsDefineState', null)).toEqual([
      'Msvm_ReplicationSettingData',
    ]);
    expect(from('Msvm_ConcreteJob', jobId(outcome), 'Msvm_AffectedJobElement', null)).toEqual(['Msvm_ComputerSystem']);
  });

  it('lead from the computer to its processors', () => {
    const test = new TestWorld();
    const source = { namespace: 'root/cimv2', className: 'Win32_ComputerSystem', keys: { Name: 'hv-dr-01' } };
    expect([...test.host().associators(source, 'Win32_ComputerSystemProcessor', 'Win32_Processor')]).toHaveLength(2);
  });
});

describe('machines', () => {
  it('answer the heartbeat only some time after they were started, and offer shutdown only while they are not off', async () => {
    const test = new TestWorld({ vms: [{ power: 3 }] });
    test.vm().remoteRunning = false;
    const heartbeat = () => test.all('Msvm_HeartbeatComponent')[0]?.values.OperationalStatus;
    expect([heartbeat(), test.all('Msvm_ShutdownComponent').length]).toEqual([[12], 0]);
    await test.power(test.vm(), 2);
    expect(test.seen(test.vm())[2]).toBe(10);
    test.advance(10);
    expect([heartbeat(), test.all('Msvm_ShutdownComponent').length]).toEqual([[12], 1]);
    test.advance(30);
    expect(heartbeat()).toEqual([2]);
  });

  it('are saved, paused, resumed and turned off; a step that makes no sense is 32775, an unknown one 32773', async () => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2 }] });
    const vm = test.vm();
    const step = async (requested: number, seconds: number) => {
      const { returnValue } = await test.power(vm, requested);
      test.advance(seconds);
      return [returnValue, test.seen(vm)[2]];
    };
    expect(await step(9, 2)).toEqual([4096, 9]);
    expect(await step(2, 3)).toEqual([4096, 2]);
    expect(await step(6, 9)).toEqual([4096, 6]);
    expect(await step(9, 1)).toEqual([32775, 6]);
    expect(await step(2, 3)).toEqual([4096, 2]);
    expect(await step(2, 1)).toEqual([32775, 2]);
    expect(await step(3, 2)).toEqual([4096, 3]);
    expect(await step(3, 1)).toEqual([32775, 3]);
    expect(await step(77, 1)).toEqual([32773, 3]);
  });

  it.each([10, 11])('start anew on %i, from running or paused', async (requested) => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2 }] });
    const vm = test.vm();
    const heartbeat = () => test.all('Msvm_HeartbeatComponent')[0]?.values.OperationalStatus;
    test.advance(60);
    expect(heartbeat()).toEqual([2]);
    expect((await test.power(vm, requested)).returnValue).toBe(4096);
    expect((await test.power(vm, requested)).returnValue).toBe(32774);
    test.advance(3);
    expect([test.seen(vm)[2], heartbeat()]).toEqual([2, [12]]);
    await test.power(vm, 9);
    test.advance(3);
    expect((await test.power(vm, requested)).returnValue).toBe(4096);
    test.advance(3);
    expect(test.seen(vm)[2]).toBe(2);
    await test.power(vm, 3);
    test.advance(3);
    expect((await test.power(vm, requested)).returnValue).toBe(32775);
  });

  it('shut down when their guest is asked, unless it does not answer yet, is locked, or is at it already', async () => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2, quirks: { guestLocked: true } }] });
    const vm = test.vm();
    const ask = async (Force: boolean) =>
      (await test.invoke('Msvm_ShutdownComponent', 'InitiateShutdown', { Force, Reason: 'test' })).returnValue;
    await test.power(vm, 11);
    test.advance(3);
    expect(await ask(true)).toBe(32780);
    test.advance(30);
    expect(await ask(false)).toBe(32781);
    expect(await ask(true)).toBe(0);
    expect([test.seen(vm)[2], await ask(true)]).toEqual([4, 32782]);
    test.advance(20);
    expect(test.seen(vm)[2]).toBe(3);
  });

  it('show their power under the numbers of a map, and go by the real one', async () => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2, quirks: { showPowerAs: { '9': 32768 } } }] });
    await test.power(test.vm(), 9);
    test.advance(3);
    expect(test.seen(test.vm())[2]).toBe(32768);
    expect((await test.power(test.vm(), 2)).returnValue).toBe(4096);
  });

  it('take keys only while they run', async () => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2 }] });
    const press = async (args: { keyCode?: number }) => (await test.invoke('Msvm_Keyboard', 'PressKey', args)).returnValue;
    expect([await press({ keyCode: 65 }), await press({})]).toEqual([0, 32773]);
    await test.power(test.vm(), 3);
    test.advance(3);
    expect(await press({ keyCode: 65 })).toBe(32775);
  });

  it('ignore a shutdown when the quirk says so', async () => {
    const test = new TestWorld({ vms: [{ mode: 0, power: 2, quirks: { ignoresShutdown: true } }] });
    await test.invoke('Msvm_ShutdownComponent', 'InitiateShutdown', { Force: false, Reason: '' });
    test.advance(100);
    expect(test.seen(test.vm())[2]).toBe(2);
  });

  it('have disks whose virtual size is told by path, in any case; other paths are 32779, none is 32773', async () => {
    const test = new TestWorld({ vms: [{ disks: 2, sizeGB: 10 }] });
    const sizeOf = async (args: Readonly<Record<string, string>>) => {
      const { returnValue, out } = await test.invoke('Msvm_ImageManagementService', 'GetVirtualHardDiskSettingData', args);
      return /NAME="MaxInternalSize" TYPE="uint64"><VALUE>(\d+)/.exec(String(out.SettingData))?.[1] ?? returnValue;
    };
    for (const { path, sizeBytes } of test.vm().disks) expect(await sizeOf({ Path: path.toUpperCase() })).toBe(String(sizeBytes));
    expect([await sizeOf({ Path: 'D:\\nothing.vhdx' }), await sizeOf({})]).toEqual([32779, 32773]);
  });

  it('get another automatic start action, and can be deleted when they are off', async () => {
    const test = new TestWorld({ vms: [{}] });
    const vm = test.vm();
    const SystemSettings = `<?xml version="1.0"?>
      <INSTANCE CLASSNAME="Msvm_VirtualSystemSettingData">
        <PROPERTY NAME="InstanceID" TYPE="string"><VALUE>Microsoft:${vm.id}</VALUE></PROPERTY>
        <PROPERTY NAME="AutomaticStartupAction" TYPE="uint16"><VALUE>4</VALUE></PROPERTY>
      </INSTANCE>\n`;
    expect((await test.invoke('Msvm_VirtualSystemManagementService', 'ModifySystemSettings', { SystemSettings })).returnValue).toBe(4096);
    test.advance(1);
    expect(vm.automaticStartupAction).toBe(4);
    expect(
      (await test.invoke('Msvm_VirtualSystemManagementService', 'DestroySystem', { AffectedSystem: vmReference(vm) })).returnValue,
    ).toBe(4096);
    test.advance(1);
    expect(test.all('Msvm_ComputerSystem').map((one) => one.values.Caption)).toEqual(['Hosting Computer System']);
  });

  it('have awkward names when they are asked for', () => {
    const test = new TestWorld({ vms: [{ count: 12 }], awkwardNames: true });
    const names = test.all('Msvm_ComputerSystem').map((one) => one.values.ElementName);
    expect(names).toEqual(expect.arrayContaining([...AWKWARD_NAMES]));
    expect(new Set(names).size).toBe(13);
  });

  it('are not startable as replicas before a failover', async () => {
    const test = new TestWorld({ vms: [{ state: 3, ...secondsOfData(1) }] });
    expect((await test.power(test.vm(), 2)).returnValue).toBe(32775);
  });
});
