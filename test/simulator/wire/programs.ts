import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

/** What wsman prints on its output. */
export async function wsmanAt(port: number | string, ...args: string[]): Promise<string> {
  const logon = ['-h', '127.0.0.1', '-P', String(port), '-u', 'hvadmin', '-p', 'Passw0rd!', '-y', 'basic'];
  return (await run(wsman.command, [...args, ...logon])).stdout;
}

/** What omicli prints on its output. Braces are arguments of their own. */
export async function omicliAt(port: number | string, ...args: string[]): Promise<string> {
  const logon = ['--auth', 'Basic', '--encryption', 'none', '-u', 'hvadmin', '-p', 'Passw0rd!'];
  return (await run(omicli.command, ['--hostname', '127.0.0.1', '--port', String(port), ...logon, ...args])).stdout;
}
