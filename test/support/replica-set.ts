import { type ServerProcess, until } from './redis-servers.ts';

/**
 * Sentinels and nodes of a cluster give up after five seconds, e.g. when the replica they chose was too busy to answer, and try again by
 * themselves only when the primary is gone: who asked for it asks again.
 */
const GIVEN_UP_MS = 10_000;

/** A primary and the replicas one of which takes over from it: Sentinels watch one such set, a cluster has one for each share of its slots. */
export abstract class ReplicaSet {
  /** The primary, as most of those know it who decide about it. */
  abstract primary(): Promise<ServerProcess>;

  /** Those that may take over from it. */
  abstract replicas(): Promise<readonly ServerProcess[]>;

  /** Everybody alive follows the primary, and those who decide know it: a failover is possible now. */
  abstract untilReplicated(): Promise<void>;

  /** Asks for a failover. @throws Error while none is possible */
  protected abstract askForFailover(): Promise<unknown>;

  /** Kills the primary and waits until another took over. The killed one comes back with {@link restart}. @returns the killed one */
  async killPrimary(): Promise<ServerProcess> {
    const killed = await this.primary();
    await killed.kill();
    await this.#tookOver(killed);
    return killed;
  }

  /** Stops the primary (SIGSTOP) and waits until another took over. Continued, it takes itself for the primary for a moment. @returns the stopped one */
  async stopPrimary(): Promise<ServerProcess> {
    const stopped = await this.primary();
    stopped.signal('SIGSTOP');
    await this.#tookOver(stopped);
    return stopped;
  }

  /** From now on the primary confirms what no replica hears of: a failover forgets it. Sentinels choose no replica that was cut off for ten times as long as they wait. */
  async cutReplication(): Promise<void> {
    await (await this.primary()).refuseReplicas();
  }

  /** Asks for a failover while everybody is well, and waits for it. @returns the former primary, a replica now */
  async failOver(): Promise<ServerProcess> {
    const before = await this.primary();
    await until(
      'a failover',
      async () => {
        const isAccepted = await succeeds(this.askForFailover());
        return isAccepted && (await succeeds(this.#tookOver(before, GIVEN_UP_MS)));
      },
      6 * GIVEN_UP_MS,
    );
    return before;
  }

  /** Starts a killed server again and waits until it follows whoever is the primary. */
  async restart(server: ServerProcess): Promise<void> {
    await server.start();
    await this.untilReplicated();
  }

  async #tookOver(former: ServerProcess, withinMs?: number): Promise<void> {
    await until(
      'a failover',
      async () => {
        const primary = await this.primary();
        return primary !== former && (await primary.info('replication')).get('role') === 'master';
      },
      withinMs,
    );
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
