import type { Redis } from 'ioredis';

export interface RedisFigures {
  /** Commands the server carried out, those of scripts included. */
  readonly commands: number;
  /** Script calls. */
  readonly scripts: number;
  readonly usedMemory: number;
  /** Size of the append-only file. */
  readonly fileBytes: number;
  /** By command: how often, and the server's time for it in milliseconds (that of a script with its commands). */
  readonly byCommand: Readonly<Record<string, { readonly calls: number; readonly ms: number }>>;
}

export async function redisFigures(redis: Redis): Promise<RedisFigures> {
  const info = await redis.info('everything');
  const number = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const byCommand: Record<string, { calls: number; ms: number }> = {};
  for (const [, command = '', calls, microseconds] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm)) {
    byCommand[command] = { calls: Number(calls), ms: Number(microseconds) / 1000 };
  }
  return {
    commands: number('total_commands_processed'),
    scripts: (byCommand.evalsha?.calls ?? 0) + (byCommand.eval?.calls ?? 0),
    usedMemory: number('used_memory'),
    fileBytes: number('aof_current_size'),
    byCommand,
  };
}
