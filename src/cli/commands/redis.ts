import type { Command } from 'commander';
import { FailbackError } from '../../domain/failure.ts';
import { dataDirectory } from '../../redis/locate-redis.ts';
import { findManagedRedis, type ManagedRedis } from '../../redis/managed-redis.ts';
import { otherUsers } from '../../redis/managed-users.ts';
import { describeRedis } from '../../redis/redis-url.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { withRedisAt } from '../redis-session.ts';

export function addRedis(program: Command, start: Start): void {
  const redis = program.command('redis').description('the local Redis of the data directory: is it running, who uses it, stop it');
  redis
    .command('status')
    .description('where it runs, which processes use it, which runs in it are not finished')
    .action((_options: unknown, command: Command) => start(command, status));
  redis
    .command('stop')
    .description('stop it; its data stays, and the next command that needs it starts it again')
    .option('--force', 'also while processes use it or runs are not finished')
    .action((options: { force?: boolean }, command: Command) => start(command, (context) => stop(context, options.force ?? false)));
}

async function status(context: CliContext): Promise<number> {
  const { output, parts } = context;
  const directory = dataDirectory(parts.env);
  const redis = await findManagedRedis(directory);
  if (redis === undefined) {
    output.emit({ type: 'redis', running: false, directory });
    output.print(`no local Redis runs in ${printable(directory)}`);
    return ExitCode.Done;
  }
  const use = await useOf(redis);
  output.emit({ type: 'redis', running: true, directory, port: redis.port, pid: redis.pid, ...use });
  output.print(`runs at ${describeRedis(redis.url)} (process ${redis.pid}), data in ${printable(directory)}`);
  output.print(`used by: ${use.users.length === 0 ? 'nobody' : `process ${use.users.join(', ')}`}`);
  output.print(`not finished: ${use.runs.length === 0 ? 'nothing' : use.runs.join(', ')}`);
  return ExitCode.Done;
}

async function stop({ output, parts }: CliContext, force: boolean): Promise<number> {
  const directory = dataDirectory(parts.env);
  const redis = await findManagedRedis(directory);
  if (redis === undefined) {
    output.print(`no local Redis runs in ${printable(directory)}`);
    return ExitCode.Done;
  }
  const { users, runs } = await useOf(redis);
  const reasons = [
    ...(users.length > 0 ? [`process ${users.join(', ')} uses it`] : []),
    ...(runs.length > 0 ? [`${runs.slice(0, 3).join(', ')}${runs.length > 3 ? ', …' : ''} is not finished`] : []),
  ];
  if (reasons.length > 0 && !force) {
    throw new FailbackError({
      class: 'permanent',
      code: 'command.refused',
      message: `the local Redis goes on running: ${reasons.join(', and ')}`,
      remedy:
        'End these first. With --force it is stopped all the same: whoever uses it waits until it runs again, and nothing that was recorded is lost.',
    });
  }
  await redis.stop();
  output.emit({ type: 'redis', running: false, directory });
  output.print(`stopped; data stays in ${printable(directory)}`);
  return ExitCode.Done;
}

/** Other processes that use a local Redis, and runs in it that are not finished. */
export async function useOf(redis: ManagedRedis): Promise<{ readonly users: readonly number[]; readonly runs: readonly string[] }> {
  const users = await otherUsers(redis.url);
  const runs = await withRedisAt({ url: redis.url, where: describeRedis(redis.url) }, ({ redis: connection, runtime }) =>
    connection.smembers(runtime.keys.activeRuns()),
  );
  return { users, runs: runs.sort() };
}
