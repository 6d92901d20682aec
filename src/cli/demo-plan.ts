import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Document } from 'yaml';
import type { SimulatedHost, SimulatedStrategy } from './parts.ts';

/** Small amounts, so that a simulated disk is soon in sync, and an objective of a minute, to have something to be held against. */
const PAIR_DEFAULTS = {
  after: { reverse: 'commit' },
  reverse: { sync: { pending: '1GiB' }, shutdown: { within: '20s' }, hold: '1s' },
  rto: '1m',
};

export interface DemoPlan {
  /** Folder of the plan and of the passwords. */
  readonly directory: string;
  readonly name: string;
  readonly hosts: readonly SimulatedHost[];
  /** How its VMs go home; two sites are concerned in all but `provider`. */
  readonly strategy: SimulatedStrategy;
  /** Command that plays the same hosts again. */
  readonly playAgain: string;
}

/**
 * Writes a plan for simulated hosts, and a password file for each: a plan holds references only. Times are short, because simulated
 * time runs fast. @returns the path of the plan
 */
export async function writeDemoPlan({ directory, name, hosts, strategy, playAgain }: DemoPlan): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const host of hosts) {
    const file = join(directory, passwordFile(host.name));
    await writeFile(file, `${host.password}\n`, { mode: 0o600 });
    await chmod(file, 0o600);
  }
  const pairs = strategy !== 'provider';
  const document = new Document({
    version: 1,
    name,
    ...(pairs ? { home: 'home' } : {}),
    hosts: Object.fromEntries(
      hosts.map((host) => [
        host.name,
        {
          address: host.url,
          auth: 'negotiate',
          credentials: { username: host.username, password: `file:${passwordFile(host.name)}` },
          ...(pairs ? { site: host.site } : {}),
          limits: { inFlight: 3 },
        },
      ]),
    ),
    defaults: {
      strategy: 'auto',
      retry: { attempts: 5, backoff: 'exponential', delay: '1s', max: '10s' },
      timeouts: { call: '10s', doubt: '2s', settle: '30s' },
      verify: { stable: '2s' },
      ...(pairs ? PAIR_DEFAULTS : {}),
    },
    limits: { inFlight: 40 },
    members: [{ match: '*' }],
  });
  document.commentBefore = ` Made by \`failback demo\`: simulated hosts on this machine, hence plain HTTP and short times.
 The hosts ended with the demo. To use this plan again, play them again in another terminal:
   ${playAgain}`;
  const file = join(directory, 'plan.yaml');
  await writeFile(file, document.toString({ lineWidth: 0, singleQuote: true }));
  return file;
}

function passwordFile(host: string): string {
  return `${host}.password`;
}
