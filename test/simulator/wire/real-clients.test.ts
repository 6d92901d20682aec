import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CimClass, CimInstance, CimType, CimValue } from '../../../src/simulator/cim.ts';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { GUIDS, jobReference, NAMESPACE, SampleHost } from './sample-host.ts';

const run = promisify(execFile);
const output = (command: string, ...args: string[]): string => String(spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '');
const hasVirsh = /Hyper-V/.test(output('virsh', '--version=long'));
const hasWsman = /wsmancli/.test(output('wsman', '--version'));

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

describe.skipIf(!hasVirsh)('virsh, with libvirt’s own Hyper-V driver', () => {
  /** The password is asked for on the terminal unless an authentication file has it. */
  async function virsh(...command: string[]): Promise<string> {
    const authFile = new URL('./fixtures/virsh-auth.conf', import.meta.url).pathname;
    const uri = `hyperv://hvadmin@127.0.0.1:${served.port}/?transport=http`;
    const { stdout } = await run('virsh', ['-c', uri, ...command], {
      env: { ...process.env, LIBVIRT_AUTH_FILE: authFile, LC_ALL: 'C.UTF-8' },
    });
    return stdout;
  }

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

describe.skipIf(!hasWsman)('wsman, of Openwsman', () => {
  async function wsman(...args: string[]): Promise<string> {
    const { stdout } = await run('wsman', [
      ...args,
      '-h',
      '127.0.0.1',
      '-P',
      String(served.port),
      '-u',
      'hvadmin',
      '-p',
      'Passw0rd!',
      '-y',
      'basic',
    ]);
    return stdout;
  }
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
