import type { RunId } from '../runtime/keys.ts';
import type { RunHost } from '../runtime/run-record.ts';
import { servesHost } from '../runtime/service.ts';
import type { CliContext } from './context.ts';
import type { RedisSession } from './redis-session.ts';

/** Longest wait for a credential, milliseconds. */
const PREPARE_MS = 5_000;

/**
 * Refuses to serve a run from a process that lacks what it needs to log on, where no other worker could do it either. Sends nothing to
 * a host.
 * @throws FailbackError of the first such host, `secret.missing` for instance
 */
export async function requireLogOn(context: CliContext, { views, presence }: RedisSession, run: RunId): Promise<void> {
  const { record } = await views.run(run);
  const others = await presence.serving(run);
  const alone = record.hosts.filter(({ name }) => !others.some((worker) => servesHost(worker, run, name)));
  for (const host of alone) await prepare(context, host);
}

async function prepare({ parts }: CliContext, host: RunHost): Promise<void> {
  const connection = await parts.connectHost(host);
  try {
    await connection.prepare({ timeoutMs: PREPARE_MS });
  } finally {
    await connection.close();
  }
}
