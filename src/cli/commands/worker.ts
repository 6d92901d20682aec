import type { Command } from 'commander';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { LastingSession } from '../follow/lasting-session.ts';
import { findRedis, requireSafeRedis, withRedisAt } from '../redis-session.ts';
import { wholeNumber } from '../usage.ts';

interface WorkerOptions {
  readonly hosts?: readonly string[];
  readonly concurrency?: number;
  readonly unsafeRedis?: boolean;
}

export function addWorker(program: Command, start: Start): void {
  program
    .command('worker')
    .description('do the work of all runs until stopped; start as many as you like, anywhere')
    .option('--hosts <hosts...>', 'serve only these hosts (names of the plan)')
    .option('--concurrency <n>', 'calls at a time per host', wholeNumber(1, 100))
    .option('--unsafe-redis', 'use a Redis that may forget runs (labs only)')
    .action((options: WorkerOptions, command: Command) => start(command, (context) => work(context, options)));
}

async function work(context: CliContext, options: WorkerOptions): Promise<number> {
  const { output, parts, interrupts } = context;
  const found = await findRedis(context, true);
  await withRedisAt(found, ({ redis }) => requireSafeRedis(context, redis, options.unsafeRedis ?? false));
  const hosts = options.hosts ?? null;
  const session = new LastingSession(output, found);
  try {
    const worker = await parts.startWorker({
      redis: session.redis,
      hosts,
      runs: null,
      concurrency: options.concurrency,
      log: context.log('info'),
    });
    output.emit({ type: 'worker', worker: worker.worker, hosts, redis: found.where });
    output.say(
      `worker ${worker.worker} serves ${hosts === null ? 'all hosts' : hosts.join(', ')} from Redis at ${found.where}; ctrl-C stops it`,
    );
    await interrupts.wait();
    output.say('stopping: calls that are being made are finished first (press ctrl-C again to stop at once)');
    await worker.close();
    return ExitCode.Done;
  } finally {
    await session.close();
  }
}
