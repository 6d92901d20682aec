import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LOOPBACK, listens } from '../../src/redis/local-endpoint.ts';
import { freePorts, guard, until } from './redis-servers.ts';

export const REALM = 'FAILBACK.TEST';

/** Simulated hosts in the realm, and the account that they know. */
export const SIMULATED = { spn: 'HTTP/hv.failback.test', account: 'hvadmin', password: 'Tickets, please' } as const;

/** No name is looked up outside, and the KDC is asked by TCP, on which it is known to listen. */
const LIBDEFAULTS = {
  default_realm: REALM,
  dns_lookup_kdc: 'false',
  dns_lookup_realm: 'false',
  dns_canonicalize_hostname: 'false',
  udp_preference_limit: '1',
};
const PROGRAMS = ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit'] as const;
/** Where packages put servers that a plain user's PATH may lack. */
const MORE_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/mit/sbin'];

/** Why there can be no realm on this machine; null when there can. */
export const noKerberos: string | null = lacking([...PROGRAMS]);

/** Names the programs of a list that are not on this machine; null when all are. */
export function lacking(programs: readonly string[]): string | null {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  return missing.length === 0 ? null : `not on this machine: ${missing.join(', ')}`;
}

/**
 * A Kerberos realm on loopback: MIT's KDC as a plain process with a directory of its own. Only what reads {@link KerberosRealm.config} sees it;
 * {@link KerberosRealm.enter} has this process do so. No service of the system is touched.
 */
export class KerberosRealm {
  /** File to be named by KRB5_CONFIG. */
  readonly config: string;
  readonly #directory: string;
  readonly #port: number;
  #kdc: ChildProcess | undefined;
  #files = 0;

  private constructor(directory: string, port: number) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#port = port;
    this.config = join(directory, 'krb5.conf');
    this.configure();
    writeFileSync(
      join(directory, 'kdc.conf'),
      `[kdcdefaults]
  kdc_listen = ${LOOPBACK}:${port}
  kdc_tcp_listen = ${LOOPBACK}:${port}
[realms]
  ${REALM} = {
    database_name = ${directory}/principal
    key_stash_file = ${directory}/stash
    acl_file = ${directory}/acl
    max_life = 1d
  }
`,
    );
    this.#run('kdb5_util', ['create', '-s', '-P', 'master', '-r', REALM]);
  }

  /** @param directory of its own, removed by the caller */
  static async start(directory: string): Promise<KerberosRealm> {
    const [port = 0] = await freePorts(1);
    const realm = new KerberosRealm(directory, port);
    await realm.startKdc();
    return realm;
  }

  /** Has GSSAPI in this process see this realm alone. libkrb5 reads the environment anew for each context. */
  enter(): void {
    process.env.KRB5_CONFIG = this.config;
    // Nobody's tickets, whoever runs the tests.
    process.env.KRB5CCNAME = join(this.#directory, 'nobody');
    process.env.KRB5_CLIENT_KTNAME = join(this.#directory, 'nobody.keytab');
  }

  /** Writes krb5.conf. @param changes to `[libdefaults]`; null takes a line out */
  configure(changes: Readonly<Record<string, string | null>> = {}): void {
    const defaults = Object.entries({ ...LIBDEFAULTS, ...changes }).filter(([, value]) => value !== null);
    writeFileSync(
      this.config,
      `[libdefaults]
${defaults.map(([name, value]) => `  ${name} = ${value}\n`).join('')}[realms]
  ${REALM} = {
    kdc = ${LOOPBACK}:${this.#port}
  }
`,
    );
  }

  /** @param password null: a random key. @param options of `add_principal`, such as `-pwexpire` */
  add(principal: string, password: string | null, options: readonly string[] = []): void {
    this.#run('kadmin.local', [
      '-r',
      REALM,
      'add_principal',
      ...options,
      ...(password === null ? ['-randkey'] : ['-pw', password]),
      principal,
    ]);
  }

  /** Lets {@link SIMULATED}'s account log on to its hosts. @returns the hosts' keytab */
  addSimulated(): string {
    this.add(SIMULATED.account, SIMULATED.password);
    this.add(SIMULATED.spn, null);
    return this.keytab(SIMULATED.spn);
  }

  /** @param options of `modify_principal` */
  modify(principal: string, options: readonly string[]): void {
    this.#run('kadmin.local', ['-r', REALM, 'modify_principal', ...options, principal]);
  }

  /** Gives it a new random key; a keytab of before is worth nothing then. */
  changeKey(principal: string): void {
    this.#run('kadmin.local', ['-r', REALM, 'change_password', '-randkey', principal]);
  }

  /** A new file with the principal's keys as they are. */
  keytab(principal: string): string {
    const file = join(this.#directory, `${++this.#files}.keytab`);
    this.#run('kadmin.local', ['-r', REALM, 'ktadd', '-norandkey', '-k', file, principal]);
    return file;
  }

  /** Logs on as a person would. @returns the name of a new credential cache */
  kinit(principal: string, password: string, options: readonly string[] = []): string {
    const cache = `FILE:${join(this.#directory, `${++this.#files}.cache`)}`;
    this.#run('kinit', ['-c', cache, ...options, principal], `${password}\n`);
    return cache;
  }

  /** @param clock how far from the machine's its clock is, as `faketime` has it, e.g. `-1h` */
  async startKdc(clock?: string): Promise<void> {
    const logFile = join(this.#directory, 'kdc.log');
    const log = openSync(logFile, 'a');
    const child = spawn(findProgram('krb5kdc') ?? 'krb5kdc', ['-n', '-r', REALM], {
      env: { ...this.#environment(), ...(clock === undefined ? {} : shiftedClock(clock)) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (child.pid === undefined) throw new Error('the KDC does not start');
    guard(child, child.pid);
    this.#kdc = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the KDC ended at once: ${readFileSync(logFile, 'utf8')}`);
    });
    await Promise.race([ended, until('the KDC to listen', () => listens(this.#port))]);
  }

  async stopKdc(): Promise<void> {
    const child = this.#kdc;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  #run(program: (typeof PROGRAMS)[number], args: readonly string[], input = ''): void {
    const { status, stdout, stderr, error } = spawnSync(findProgram(program) ?? program, args, {
      env: this.#environment(),
      input,
      encoding: 'utf8',
    });
    // kadmin.local ends with 0 whatever happened.
    if (status !== 0 || /^[a-z_]+: .*(while|not)/m.test(stderr))
      throw error ?? new Error(`${program} ${args.join(' ')}: ${stderr}${stdout}`);
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, KRB5_CONFIG: this.config, KRB5_KDC_PROFILE: join(this.#directory, 'kdc.conf') };
  }
}

/** What `faketime` gives the programs it starts; itself it would stand between us and the process. */
function shiftedClock(clock: string): NodeJS.ProcessEnv {
  const { stdout } = spawnSync('faketime', ['-f', clock, 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' });
  return { LD_PRELOAD: stdout.trim(), FAKETIME: clock };
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== ''), ...MORE_DIRECTORIES];
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file));
}
