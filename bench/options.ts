import { parseArgs } from 'node:util';
import type { HostKind } from './host/host-factory.ts';

export interface BenchOptions {
  readonly members: readonly number[];
  readonly jobsMs: readonly number[];
  readonly kind: HostKind;
  readonly hosts: number;
  readonly rounds: number;
  readonly workers: readonly number[];
  /** Milliseconds between two looks of the yardstick at a VM. */
  readonly pollMs: number;
  /** Jobs at a time in each worker; null: the contender's own choice. */
  readonly concurrency: number | null;
  readonly appendfsync: readonly ('everysec' | 'always')[];
  /** Who takes part. */
  readonly only: 'product' | 'yardstick' | null;
  /** Processor profiles of the workers go here. */
  readonly profile: string | null;
  readonly json: boolean;
}

export const USAGE = `npm run bench -- [options]
  --members 100,1000,10000   VMs to bring home, each number measured by itself (default 1000)
  --job 0s,2s,15s            how long a host takes to bring one home (default 0s)
  --host loopback|null|wsman loopback (default) answers at once, from a process of its own over HTTP; null answers at once inside the worker;
                             wsman is the product's WS-Management client and simulated hosts
  --host-module FILE         ES module that exports createHost, see bench/README.md
  --hosts 4                  over how many hosts the VMs are spread
  --rounds 3                 each round: the product, then the yardstick
  --workers 1,2,4            worker processes of each, each number measured by itself (default 1)
  --concurrency N            jobs at a time in each worker process
  --poll 1s                  how often the yardstick looks at a VM
  --fsync everysec,always    when Redis forces its file to disk (default everysec)
  --only product|yardstick
  --profile DIR              write processor profiles of the workers, then: node dist/bench/profile.js DIR
  --json

npm run bench:kill -- [options]
  kills the worker in the middle and starts another one; --members, --job (default 2s), --hosts, --rounds, --concurrency, --poll, --fsync,
  --only and --json as above`;

/**
 * @param defaultJob unless the arguments say otherwise
 * @throws Error with the usage for what can not be understood or does not go together
 */
export function readOptions(args: readonly string[], defaultJob = '0s'): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '1000' },
      job: { type: 'string', default: defaultJob },
      host: { type: 'string' },
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
  const workers = listOf(values.workers, (text) => wholeNumber('--workers', text));
  const kind = hostKind(values.host, values['host-module']);
  if (kind.kind === 'null' && workers.some((count) => count > 1))
    throw refusal('--host null is inside the worker process: several workers would each have hosts of their own; use --host loopback');
  return {
    members: listOf(values.members, (text) => wholeNumber('--members', text)),
    jobsMs: listOf(values.job, (text) => duration('--job', text)),
    kind,
    hosts: wholeNumber('--hosts', values.hosts),
    rounds: wholeNumber('--rounds', values.rounds),
    workers,
    pollMs: duration('--poll', values.poll),
    concurrency: values.concurrency === undefined ? null : wholeNumber('--concurrency', values.concurrency),
    appendfsync: listOf(values.fsync, (text) => choice('--fsync', text, ['everysec', 'always'])),
    only: values.only === undefined ? null : choice('--only', values.only, ['product', 'yardstick']),
    profile: values.profile ?? null,
    json: values.json,
  };
}

/** Options of the round in which a worker is killed. @throws Error like {@link readOptions} */
export function readKillOptions(args: readonly string[]): BenchOptions {
  const options = readOptions(args, '2s');
  if (options.kind.kind !== 'loopback')
    throw refusal('a worker that is killed needs --host loopback: hosts that outlive it and count for themselves');
  if (options.workers.some((count) => count !== 1)) throw refusal('with more than one worker the others go on: --workers is 1 here');
  if (options.profile !== null) throw refusal('--profile shows whole rounds only, a worker that is killed writes none');
  if (options.jobsMs.includes(0)) throw refusal('--job 0s leaves nothing to be in the middle of');
  return options;
}

function hostKind(kind: string | undefined, module: string | undefined): HostKind {
  if (module === undefined) return { kind: choice('--host', kind ?? 'loopback', ['loopback', 'null', 'wsman']) };
  if (kind !== undefined) throw refusal('--host and --host-module exclude each other');
  return { kind: 'module', path: module };
}

function listOf<Value>(text: string, read: (one: string) => Value): readonly Value[] {
  return [...new Set(text.split(',').map(read))];
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw refusal(`${name} takes whole numbers above 0, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** "2s" or "250ms". */
function duration(name: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  if (number === undefined) throw refusal(`${name} takes times such as 2s or 250ms, not ${JSON.stringify(text)}`);
  return Number(number) * (unit === 's' ? 1000 : 1);
}

function choice<const Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw refusal(`${name} is one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
  return found;
}

function refusal(message: string): Error {
  return new Error(`${message}\n\n${USAGE}`);
}
