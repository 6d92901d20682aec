import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const output = (command: string, ...args: string[]): string => String(spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '');
/** Whether virsh with the Hyper-V driver is on the PATH. */
export const hasVirsh = /Hyper-V/.test(output('virsh', '--version=long'));
/** Whether Openwsman's wsman is on the PATH. */
export const hasWsman = /wsmancli/.test(output('wsman', '--version'));

/** What virsh prints on its output. The password is asked for on the terminal unless an authentication file has it. */
export async function virshAt(port: number | string, ...command: string[]): Promise<string> {
  const authFile = new URL('./fixtures/virsh-auth.conf', import.meta.url).pathname;
  const uri = `hyperv://hvadmin@127.0.0.1:${port}/?transport=http`;
  const env = { ...process.env, LIBVIRT_AUTH_FILE: authFile, LC_ALL: 'C.UTF-8' };
  return (await run('virsh', ['-c', uri, ...command], { env })).stdout;
}

/** What wsman prints on its output. */
export async function wsmanAt(port: number | string, ...args: string[]): Promise<string> {
  const logon = ['-h', '127.0.0.1', '-P', String(port), '-u', 'hvadmin', '-p', 'Passw0rd!', '-y', 'basic'];
  return (await run('wsman', [...args, ...logon])).stdout;
}
