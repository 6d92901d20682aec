import { linkSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisCluster } from '../support/redis-cluster.ts';
import type { ServerProcess } from '../support/redis-servers.ts';
import type { ReplicaSet } from '../support/replica-set.ts';
import { startSentinelTrio } from '../support/sentinel-trio.ts';
import type { DisturbedRedis } from './disturbed-redis.ts';
import type { Kind } from './schedule.ts';

/** A server that is silent for so long is replaced, milliseconds. */
const SILENT_MS = 1_000;
/** Every append-only file is a list of commands from its beginning. */
const SETTINGS = { 'aof-use-rdb-preamble': 'no' };

interface Parts {
  readonly url: string;
  readonly servers: readonly ServerProcess[];
  readonly sentinels?: readonly ServerProcess[];
  /** One for each primary; what is there twice is disturbed twice as often. */
  readonly sets: readonly ReplicaSet[];
  readonly stop: () => Promise<void>;
}

/** Servers with replicas, behind Sentinels or in a cluster: primaries go and are replaced, and what no replica had heard of is forgotten. */
export class ReplicatedRedis implements DisturbedRedis {
  readonly url: string;
  readonly ports: readonly number[];
  readonly lostBytes = null;
  readonly #parts: Parts;
  /** Append-only files under a second name: a server removes its own when it follows another. */
  readonly #kept: string;

  private constructor(parts: Parts, kept: string) {
    this.url = parts.url;
    this.ports = [...parts.servers, ...(parts.sentinels ?? [])].map(({ port }) => port);
    this.#parts = parts;
    this.#kept = kept;
    mkdirSync(kept);
  }

  /** A primary with two replicas, and three Sentinels. */
  static async behindSentinels(directory: string): Promise<ReplicatedRedis> {
    const trio = await startSentinelTrio({ directory: join(directory, 'redis'), settings: SETTINGS, downAfterMs: SILENT_MS });
    const { url, servers, sentinels } = trio;
    return new ReplicatedRedis({ url, servers, sentinels, sets: [trio], stop: () => trio.stop() }, join(directory, 'kept'));
  }

  /** Three primaries, each with a replica. Half of what happens, happens where a key is kept. */
  static async asCluster(directory: string, key: string): Promise<ReplicatedRedis> {
    const cluster = await startRedisCluster({
      directory: join(directory, 'redis'),
      replicas: 1,
      settings: SETTINGS,
      nodeTimeoutMs: SILENT_MS,
    });
    const { url, nodes: servers } = cluster;
    const sets = [await cluster.shardOf(key), ...cluster.shards];
    return new ReplicatedRedis({ url, servers, sets, stop: () => cluster.stop() }, join(directory, 'kept'));
  }

  async primaryPort(drawn: number): Promise<number> {
    return (await this.#set(drawn).primary()).port;
  }

  async disturb(kind: Kind, forMs: number, drawn: number): Promise<true> {
    this.#keepFiles();
    const set = this.#set(drawn);
    await this.#happen(kind, set, forMs);
    await set.untilReplicated();
    return true;
  }

  async #happen(kind: Kind, set: ReplicaSet, forMs: number): Promise<void> {
    switch (kind) {
      case 'redis-forget':
        await set.cutReplication();
        await sleep(forMs);
        return set.restart(await set.killPrimary());
      case 'redis-kill': {
        const killed = await set.killPrimary();
        await sleep(forMs);
        return set.restart(killed);
      }
      case 'redis-replica-kill': {
        const [replica] = await set.replicas();
        if (!replica) throw new Error('there is no replica');
        await replica.kill();
        await sleep(forMs);
        return set.restart(replica);
      }
      case 'redis-stop': {
        const stopped = await set.stopPrimary();
        await sleep(forMs);
        return stopped.signal('SIGCONT');
      }
      case 'redis-failover':
        await set.failOver();
        return;
      default:
        throw new RangeError(`${kind} does not happen to a replicated Redis`);
    }
  }

  remnants(): readonly string[] {
    this.#keepFiles();
    return readdirSync(this.#kept).map((name) => readFileSync(join(this.#kept, name), 'latin1'));
  }

  close(): Promise<void> {
    return this.#parts.stop();
  }

  #set(drawn: number): ReplicaSet {
    const { sets } = this.#parts;
    return sets[Math.floor(drawn * sets.length)] as ReplicaSet;
  }

  /** A link to the file itself: what is appended later, until the server has done with it, is kept as well. */
  #keepFiles(): void {
    const known = new Set(readdirSync(this.#kept));
    for (const file of this.#parts.servers.flatMap((server) => server.appendOnlyFiles())) {
      const name = String(statSync(file).ino);
      if (!known.has(name)) linkSync(file, join(this.#kept, name));
    }
  }
}
