import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EnabledState } from '../../../src/domain/power.ts';
import type { CimClass, CimInstance, CimType, CimValue } from '../../../src/simulator/cim.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { virshAt, virsh as virshPeer, wsmanAt, wsman as wsmanPeer } from './programs.ts';
import { GUIDS, jobReference, NAMESPACE, SampleHost } from './sample-host.ts';

/** The scalar properties libvirt insists on, and some arrays: without one of them its commands fail. */
const SHAPES: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(new URL('./fixtures/libvirt-classes.json', import.meta.url), 'utf8'),
);
const KEYS: Record<string, readonly string[]> = { Msvm_ComputerSystem: ['CreationClassName', 'Name'], Win32_ComputerSystem: ['Name'] };

/** The sample host with the classes as complete as libvirt wants them. */
class LibvirtHost extends SampleHost {
  readonly #classes = Object.entries(SHAPES).map(([name, shape]): CimClass => {
    const keys = KEYS[name] ?? [Object.keys(shape)[0] ?? ''];
    const properties = Object.entries(shape).map(([property, type]) => ({
      name: property,
      type: type.replace('[]', '').replace('sint16', 'sint32') as CimType,
      array: type.endsWith('[]'),
      key: keys.includes(property),
    }));
    const methods = {
      RequestStateChange: [
        { name: 'RequestedState', type: 'uint16' as const },
        { name: 'TimeoutPeriod', type: 'datetime' as const },
      ],
    };
    return { namespace: name.startsWith('Win32') ? 'root/cimv2' : NAMESPACE, name, properties, methods };
  });

  override *classes(namespace: string): Iterable<CimClass> {
    yield* this.#classes.filter((cls) => cls.namespace === namespace);
  }

  override find(): undefined {
    return undefined;
  }

  override *instances(cls: CimClass): Iterable<CimInstance> {
    const make = (values: Record<string, CimValue>): CimInstance => ({
      class: cls,
      values: { ...Object.fromEntries(cls.properties.map(({ name }) => [name, null])), ...values },
    });
    switch (cls.name) {
      case 'Win32_ComputerSystemProduct':
        yield make({ Name: 'PowerEdge', UUID: '4C4C4544-0051-3510-8052-B4C04F565931' });
        break;
      case 'Win32_OperatingSystem':
        yield make({ Name: 'Windows', Version: '10.0.17763' });
        break;
      case 'Win32_ComputerSystem':
        yield make({ Name: this.name, DNSHostName: 'hvhost1.example.net' });
        break;
      case 'Msvm_ConcreteJob':
        yield make({ InstanceID: 'JOB-1', JobState: 7, ElapsedTime: '00000000000130.500000:000', StartTime: '20260102030405.678901+060' });
        break;
      case 'Msvm_ComputerSystem':
        for (const [index, name] of [this.name, ...GUIDS].entries()) {
          yield make({
            CreationClassName: cls.name,
            Name: name,
            ElementName: ['host', 'alpha', 'beta <&> ü', 'gamma'][index] ?? '',
            EnabledState: index === 2 ? 2 : 3,
            ProcessID: index === 2 ? 4242 : 0,
            OnTimeInMilliseconds: '18446744073709551615',
            OperationalStatus: [2, 32768],
            TimeOfLastStateChange: '20260102030405.678901+060',
          });
        }
    }
  }
}

let host: SampleHost;
let served: ServedHost;

beforeEach(async () => {
  host = new LibvirtHost();
  served = await serveHost(host, { port: 0 });
});
afterEach(() => served.close());

describe.skipIf(!virshPeer.found)(virshPeer.title, () => {
  const virsh = (...command: string[]) => virshAt(served.port, ...command);

  it('lists all machines and not the host', async () => {
    const names = (await virsh('list', '--all', '--name')).trim().split('\n');
    expect(names.sort()).toEqual(['alpha', 'beta <&> ü', 'gamma']);
  });

  it('lists running machines with their process id', async () => {
    expect(await virsh('list')).toMatch(/4242\s+beta <&> .*running/);
  });

  it('knows the host and one machine', async () => {
    expect((await virsh('hostname')).trim()).toBe('hvhost1.example.net');
    expect((await virsh('domuuid', 'gamma')).trim()).toBe(GUIDS[2].toLowerCase());
    expect((await virsh('domstate', GUIDS[0])).trim()).toBe('shut off');
  });

  it('starts a machine and waits for its job', async () => {
    host.outcome = () => ({ returnValue: 4096, out: { Job: jobReference('JOB-1') } });
    expect(await virsh('start', 'alpha')).toContain('started');
    expect(host.calls).toMatchObject([
      { method: 'RequestStateChange', args: { RequestedState: 2 }, target: { values: { Name: GUIDS[0] } } },
    ]);
  });
});

describe.skipIf(!wsmanPeer.found)(wsmanPeer.title, () => {
  const wsman = (...args: string[]) => wsmanAt(served.port, ...args);
  const machine = `http://schemas.microsoft.com/wbem/wsman/1/wmi/${NAMESPACE}/Msvm_ComputerSystem`;

  it('identifies', async () => {
    expect(await wsman('identify')).toContain('Microsoft Corporation');
  });

  it.each([[[]], [['-o', '-m', '2']], [['-m', '3']]])('enumerates everything (%j)', async (options) => {
    const text = await wsman('enumerate', machine, ...options);
    for (const guid of GUIDS) expect(text).toContain(guid);
    expect(text).not.toContain('Fault');
  });

  it('gets, filters and calls', async () => {
    expect(await wsman('get', `${machine}?Name=${GUIDS[1]}&CreationClassName=Msvm_ComputerSystem`)).toContain('beta &lt;&amp;&gt; ü');
    const wql = "SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'gamma'";
    const filtered = await wsman(
      'enumerate',
      machine.replace('Msvm_ComputerSystem', '*'),
      '-D',
      'http://schemas.microsoft.com/wbem/wsman/1/WQL',
      '-x',
      wql,
    );
    expect(filtered).toContain(GUIDS[2]);
    expect(filtered).not.toContain(GUIDS[1]);
    host.outcome = () => ({ returnValue: 32775, out: { Job: null } });
    const called = await wsman('invoke', '-a', 'RequestStateChange', `${machine}?Name=${GUIDS[1]}`, '-k', 'RequestedState=2');
    expect(called).toContain('32775');
    expect(host.calls[0]?.args).toEqual({ RequestedState: 2 });
  });
});

describe('against a whole simulated host', () => {
  let simulator: Simulator;
  let port: string;
  /** Upper-case ids of web-001 (running), dc01 and sql01 (off, recovery side). */
  let ids: readonly string[];

  beforeAll(async () => {
    const vms = [
      { names: ['web-001'], mode: 0, power: 2, disks: 2, processors: 4, memoryMB: 2048 },
      { names: ['dc01'] },
      { names: ['sql01'] },
    ];
    simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, speed: 50, password: 'Passw0rd!', scenario: { vms } });
    port = new URL(simulator.hosts[0]?.url ?? '').port;
    ids = simulator.hosts[0]?.vms.map(({ id }) => id) ?? [];
  });
  afterAll(() => simulator.close());

  describe.skipIf(!virshPeer.found)(virshPeer.title, () => {
    const virsh = (command: string) => virshAt(port, ...command.split(' '));

    it.each<[string, RegExp]>([
      ['list --all', /web-001 +running\n[\s\S]*dc01 +shut off\n[\s\S]*sql01 +shut off\n/],
      ['list', /^[\s\S]*web-001 +running\s+$/],
      ['list --inactive --name', /^dc01\nsql01\s+$/],
      ['hostname', /^hv-dr-01\n/],
      ['version', /Running hypervisor: Hyper-V 1000\.17\.763/],
      ['nodeinfo', /CPU socket\(s\): +2\nCore\(s\) per socket: +16\n/],
      ['uri', /^hyperv:/],
      ['maxvcpus', /^240\n/],
      ['capabilities', /<domain type='hyperv'\/>/],
      ['net-list --name', /^External\n/],
      ['dominfo web-001', /State: +running\nCPU\(s\): +4\nMax memory: +2097152 KiB\n/],
      ['dominfo dc01', /State: +shut off\n[\s\S]*Autostart: +disable\n/],
      ['domstate dc01', /^shut off\n/],
    ])('%s', async (command, printed) => expect(await virsh(command)).toMatch(printed));

    it('finds a machine by name, by number and by UUID', async () => {
      const number = (await virsh('domid web-001')).trim();
      expect((await virsh('domuuid web-001')).trim()).toBe(ids[0]?.toLowerCase());
      expect((await virsh(`domname ${number}`)).trim()).toBe('web-001');
      expect((await virsh(`domname ${ids[1]}`)).trim()).toBe('dc01');
      expect((await virsh(`domstate ${number}`)).trim()).toBe('running');
    });

    it('describes a machine with its controllers, disks, adapter and serial ports', async () => {
      const xml = await virsh('dumpxml web-001');
      expect([...xml.matchAll(/<source file='([^']*)'\/>\s*<target dev='(\w+)' bus='(\w+)'/g)].map((found) => found.slice(1))).toEqual([
        ['D:\\Replica\\web-001\\web-001-0.vhdx', 'hda', 'ide'],
        ['D:\\Replica\\web-001\\web-001-1.vhdx', 'sda', 'scsi'],
      ]);
      expect([...xml.matchAll(/<controller type='(\w+)'/g)].map(([, type]) => type)).toEqual(['ide', 'scsi']);
      expect(xml).toMatch(/<mac address='00:15:5d:[0-9a-f:]{8}'\/>\s*<source bridge='[0-9A-F-]{36}'/);
      expect(xml.match(/<serial type='pipe'>/g)).toHaveLength(2);
      expect(await virsh('dumpxml dc01')).toContain('<name>dc01</name>');
    });

    it('drives a machine through its states', async () => {
      const power = () => simulator.world.host('hv-dr-01').vms.get(ids[0] ?? '')?.power;
      for (const [command, state] of [
        ['suspend', EnabledState.Paused],
        ['resume', EnabledState.Running],
        ['managedsave', EnabledState.Saved],
        ['start', EnabledState.Running],
        ['destroy', EnabledState.Off],
        ['start', EnabledState.Running],
      ] as const) {
        await virsh(`${command} web-001`);
        simulator.world.settle();
        expect([command, power()]).toEqual([command, state]);
      }
    });

    it('sets whether a machine starts by itself', async () => {
      expect(await virsh('autostart dc01')).toContain('marked as autostarted');
      expect(await virsh('dominfo dc01')).toMatch(/Autostart: +enable\n/);
      expect(await virsh('autostart dc01 --disable')).toContain('unmarked');
      expect(await virsh('dominfo dc01')).toMatch(/Autostart: +disable\n/);
    });

    it('deletes a machine that is off, and is told why it cannot delete one that runs', async () => {
      expect(await virsh('undefine sql01')).toContain('has been undefined');
      expect(await virsh('list --all --name')).not.toContain('sql01');
      await expect(virsh('undefine web-001')).rejects.toMatchObject({ stderr: expect.stringContaining('32775') });
    });
  });

  describe.skipIf(!wsmanPeer.found)(wsmanPeer.title, () => {
    const wsman = (...args: string[]) => wsmanAt(port, ...args);
    const v2 = `http://schemas.microsoft.com/wbem/wsman/1/wmi/${NAMESPACE}`;
    const wql = (query: string) => wsman('enumerate', `${v2}/*`, '-D', 'http://schemas.microsoft.com/wbem/wsman/1/WQL', '-x', query);

    it('identifies, gets and enumerates', async () => {
      expect(await wsman('identify')).toContain('Microsoft Corporation');
      expect(await wsman('get', `${v2}/Msvm_ComputerSystem?CreationClassName=Msvm_ComputerSystem&Name=${ids[1]}`)).toContain('>dc01<');
      for (const options of [[], ['-o', '-m', '2'], ['-m', '3']]) {
        const text = await wsman('enumerate', `${v2}/Msvm_SyntheticEthernetPortSettingData`, ...options);
        expect(text).toContain(`Microsoft:${ids[0]}`);
        expect(text).toContain(`Microsoft:${ids[1]}`);
        expect(text).not.toContain('Fault');
      }
    });

    it('selects and goes along associations', async () => {
      expect(await wql("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'dc01'")).toContain(ids[1]);
      const source = `{Msvm_VirtualSystemSettingData.InstanceID='Microsoft:${ids[0]}'}`;
      const clauses = 'AssocClass = Msvm_VirtualSystemSettingDataComponent ResultClass = Msvm_StorageAllocationSettingData';
      expect((await wql(`ASSOCIATORS OF ${source} WHERE ${clauses}`)).match(/:HostResource>/g)).toHaveLength(4);
    });

    it('calls a method and reads the job it started', async () => {
      const called = await wsman(
        'invoke',
        '-a',
        'RequestStateChange',
        `${v2}/Msvm_ComputerSystem?Name=${ids[1]}`,
        '-k',
        'RequestedState=2',
      );
      expect(called).toContain('ReturnValue>4096<');
      const job = /Name="InstanceID">([^<]+)</.exec(called)?.[1];
      expect(await wsman('get', `${v2}/Msvm_ConcreteJob?InstanceID=${job}`)).toMatch(/:JobState>(4|7)</);
    });
  });
});
