import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NAMESPACE } from './sample-host.ts';

const run = promisify(execFile);

/** A client this project did not write. */
interface Peer {
  readonly command: string;
  readonly found: boolean;
  /** For the name of a group of tests: the client, and why its tests are skipped. */
  readonly title: string;
}

/** Looks for a program in the folder `FAILBACK_PEERS` names, then on the PATH; what it prints about itself must match. */
function peer(name: string, whose: string, about: string, expected: RegExp): Peer {
  const own = join(process.env.FAILBACK_PEERS ?? '', name);
  const command = process.env.FAILBACK_PEERS !== undefined && existsSync(own) ? own : name;
  const printed = spawnSync(command, [about], { encoding: 'utf8' });
  const found = expected.test(`${printed.stdout}${printed.stderr}`);
  const reason = found ? '' : ` (skipped: neither FAILBACK_PEERS nor PATH has one; docs/hyper-v.md says how to get it)`;
  return { command, found, title: `${name}, ${whose}${reason}` };
}

/** Only a virsh that was built with the Hyper-V driver will do. */
export const virsh = peer('virsh', 'with libvirt’s own Hyper-V driver', '--version=long', /Hypervisors:.*Hyper-V/);
export const wsman = peer('wsman', 'of Openwsman', '--version', /wsmancli/);
export const omicli = peer('omicli', 'of Open Management Infrastructure', '--help', /sends requests to the CIM server/);

/** What virsh prints on its output. The password is asked for on the terminal unless an authentication file has it. */
export async function virshAt(port: number | string, ...command: string[]): Promise<string> {
  const authFile = new URL('./fixtures/virsh-auth.conf', import.meta.url).pathname;
  const uri = `hyperv://hvadmin@127.0.0.1:${port}/?transport=http`;
  const env = { ...process.env, LIBVIRT_AUTH_FILE: authFile, LC_ALL: 'C.UTF-8' };
  return (await run(virsh.command, ['-c', uri, ...command], { env })).stdout;
}

type Environment = Readonly<Record<string, string>>;

/** What wsman prints on its output. */
export function wsmanAt(port: number | string, ...args: string[]): Promise<string> {
  return runWsman([...args, '-h', '127.0.0.1', '-P', String(port), '-u', 'hvadmin', '-p', 'Passw0rd!', '-y', 'basic']);
}

/** The same, with nothing added to its arguments. @param env beside the process's own */
export async function runWsman(args: readonly string[], env: Environment = {}): Promise<string> {
  return (await run(wsman.command, args, { env: { ...process.env, ...env } })).stdout;
}

/** What omicli prints on its output. */
export function omicliAt(port: number | string, ...args: string[]): Promise<string> {
  const logon = ['--auth', 'Basic', '--encryption', 'none', '-u', 'hvadmin', '-p', 'Passw0rd!'];
  return runOmicli(['--hostname', '127.0.0.1', '--port', String(port), ...logon, ...args]);
}

/** The same, with nothing added to its arguments. @param env beside the process's own */
export async function runOmicli(args: readonly string[], env: Environment = {}): Promise<string> {
  return (await run(omicli.command, args, { env: { ...process.env, ...env } })).stdout;
}

/** An instance as omicli wants it: braces are arguments of their own. */
export function omicliInstance(className: string, keys: Readonly<Record<string, string>>): string[] {
  return ['{', className, ...Object.entries(keys).flat(), '}'];
}

/** Arguments of omicli that call `InitiateFailback`. @param id upper-case GUID. @param settings the parameter ReplicationSettingData, with its name */
export function omicliFailback(id: string, ...settings: readonly string[]): string[] {
  const service = omicliInstance('Msvm_ReplicationService', { CreationClassName: 'Msvm_ReplicationService', Name: 'replicasvc' });
  const machine = omicliInstance('Msvm_ComputerSystem', { CreationClassName: 'Msvm_ComputerSystem', Name: id });
  return ['iv', NAMESPACE, ...service, 'InitiateFailback', '{', 'ComputerSystem', ...machine, ...settings, '}'];
}
