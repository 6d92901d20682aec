import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import { hostFactory } from './host/host-factory.ts';
import { RequestCount } from './host/request-count.ts';
import type { FromWorker, ToWorker, WorkerJob } from './worker-job.ts';

/** Starts a contender in this process; `connect` reaches a host by its name. Returns how to end it. */
export type StartContender = (job: WorkerJob, connect: (host: string) => Promise<HyperVHost>) => Promise<() => Promise<void>>;

/** Makes this process a worker that does what the measuring process tells it. */
export function serveWorker(start: StartContender): void {
  const count = new RequestCount();
  const profiler = new Session();
  let profile: string | null = null;
  let close: (() => Promise<void>) | undefined;
  const say = (message: FromWorker) => void process.send?.(message);

  const begin = async (job: WorkerJob): Promise<void> => {
    const create = await hostFactory(job.kind);
    const hosts = new Map<string, HyperVHost>();
    for (const host of job.hosts) {
      const made = await create({ ...host, jobMs: job.jobMs });
      hosts.set(host.name, job.kind.kind === 'loopback' ? made : count.watch(made));
    }
    close = await start(job, async (name) => {
      const host = hosts.get(name);
      if (!host) throw new Error(`there is no host ${name}`);
      return host;
    });
    profile = job.profile;
    const idle = heapUsed();
    if (profile !== null) await startProfile(profiler);
    say({ type: 'ready', heapUsed: idle });
  };

  process.on('message', (message: ToWorker) => {
    if (message.type === 'begin') void begin(message.job);
    else if (message.type === 'figures') void tell();
    else if (message.type === 'heap') say({ type: 'heap', heapUsed: heapUsed() });
    else void end();
  });
  const tell = async (): Promise<void> => {
    if (profile !== null) await writeProfile(profiler, profile);
    say({ type: 'figures', requests: count.figures(), heapUsed: heapUsed() });
  };
  const end = async (): Promise<void> => {
    await close?.();
    process.disconnect();
  };
  // Nobody measures any more.
  process.once('disconnect', () => process.exit());
}

export async function startProfile(session: Session): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
}

export async function writeProfile(session: Session, file: string): Promise<void> {
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(file, JSON.stringify(profile));
}

/** Bytes that are still needed. */
function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
