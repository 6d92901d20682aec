import { parseArgs } from 'node:util';
import type { HostKind } from './host/host-factory.ts';

export interface BenchOptions {
  readonly members: readonly number[];
  readonly jobsMs: readonly number[];
  readonly kind: HostKind;
  readonly hosts: number;
  readonly rounds: number;
  readonly workers: number;
  /** Milliseconds between two looks of the yardstick at a VM. */
  readonly pollMs: number;
  /** Jobs at a time in each worker; null: the contender's own choice. */
  readonly concurrency: number | null;
  readonly appendfsync: 'everysec' | 'always';
  /** Who takes part. */
  readonly only: 'product' | 'yardstick' | null;
  /** Processor profiles of the product's workers go here. */
  readonly profile: string | null;
  readonly json: boolean;
}

export const USAGE = `npm run bench -- [options]
  --members 100,1000,10000   VMs to bring home, each number measured by itself
  --job 0s,2s,15s            how long a host takes to bring one home
  --host null|wsman          null answers at once inside the worker; wsman is the product's client and simulated hosts
  --host-module FILE         ES module that exports createHost, see bench/README.md
  --hosts 4                  over how many hosts the VMs are spread
  --rounds 3                 each round: the product, then the yardstick
  --workers 1                worker processes of each
  --concurrency N            jobs at a time in each worker process (product: on each host)
  --poll 1s                  how often the yardstick looks at a VM
  --fsync everysec|always    when Redis forces its file to disk
  --only product|yardstick
  --profile DIR              write processor profiles of the workers, then: node dist/bench/profile.js DIR
  --json`;

/** @throws Error with the usage for what can not be understood */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '1000' },
      job: { type: 'string', default: '0s' },
      host: { type: 'string', default: 'null' },
      'host-module': { type: 'string' },
      hosts: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
      workers: { type: 'string', default: '1' },
      concurrency: { type: 'string' },
      poll: { type: 'string', default: '1s' },
      fsync: { type: 'string', default: 'everysec' },
      only: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  const module = values['host-module'];
  return {
    members: values.members.split(',').map((text) => wholeNumber('--members', text)),
    jobsMs: values.job.split(',').map((text) => duration('--job', text)),
    kind: module === undefined ? { kind: choice('--host', values.host, ['null', 'wsman'] as const) } : { kind: 'module', path: module },
    hosts: wholeNumber('--hosts', values.hosts),
    rounds: wholeNumber('--rounds', values.rounds),
    workers: wholeNumber('--workers', values.workers),
    pollMs: duration('--poll', values.poll),
    concurrency: values.concurrency === undefined ? null : wholeNumber('--concurrency', values.concurrency),
    appendfsync: choice('--fsync', values.fsync, ['everysec', 'always']),
    only: values.only === undefined ? null : choice('--only', values.only, ['product', 'yardstick']),
    profile: values.profile ?? null,
    json: values.json,
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} takes whole numbers above 0, not ${JSON.stringify(text)}\n\n${USAGE}`);
  return Number(text);
}

/** "2s" or "250ms". */
function duration(name: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${name} takes times such as 2s or 250ms, not ${JSON.stringify(text)}\n\n${USAGE}`);
  return Number(number) * (unit === 's' ? 1000 : 1);
}

function choice<const Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`${name} is one of ${words.join(', ')}, not ${JSON.stringify(text)}\n\n${USAGE}`);
  return found;
}
