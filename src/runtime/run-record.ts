import { FailbackError } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import type { MemberInput, MemberSettings } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { hostKeyOf, type InstanceId, type Keys, type RunId } from './keys.ts';

/** How to reach a host; credentials are references, resolved where they are used. */
export interface RunHost {
  readonly name: string;
  readonly address: string;
  /** Hosts of the same name here are nodes of one cluster: a VM may move from one to another. Absent: it stands alone. */
  readonly cluster?: string;
  /** Replica Broker of its cluster: the name others replicate to. */
  readonly broker?: string;
  /** Thumbprint of the certificate it replicates with. Absent: the one its relationships name. */
  readonly certificate?: string;
  /** Members in flight on the host at a time, over all runs. */
  readonly inFlight: number;
  /** Members that move data in bulk to or from the host at a time, over all runs. Absent: as many as are in flight. */
  readonly transfers?: number;
  /** The plan's other words about the host, for whoever connects to it. Never holds a secret. */
  readonly connection: unknown;
}

/** What is fixed when a run is created. */
export interface RunRecord {
  readonly run: RunId;
  /** Name of the plan. */
  readonly plan: string;
  /** ms since the epoch */
  readonly createdAt: number;
  /** Who created it, `user@machine`. */
  readonly createdBy: string;
  readonly members: number;
  /** Members in flight at a time, over all hosts. */
  readonly inFlight: number;
  readonly hosts: readonly RunHost[];
  readonly adopt: boolean;
  /** What the run is for; absent: a failback. */
  readonly intent?: Intent;
  /** The combinations of hosts its members need slots of; absent in runs from before there were pairs. */
  readonly lanes?: readonly { readonly host: string; readonly partner: string | null }[];
  /** Settings the members refer to by position: most members share one. */
  readonly settings: readonly MemberSettings[];
}

/** A member's fixed input as it is stored. */
interface StoredInput {
  readonly vm: string;
  readonly vmId: string;
  readonly host: string;
  /** Absent: the strategy knows only home. */
  readonly partner?: string;
  readonly settings: number;
}

export function encodeInput({ vm, vmId, host, partner }: Pick<MemberInput, 'vm' | 'vmId' | 'host' | 'partner'>, settings: number): string {
  return JSON.stringify({ vm, vmId, host, ...(partner === null ? {} : { partner }), settings } satisfies StoredInput);
}

/** Reads what is fixed about runs and members; keeps it, since it never changes. */
export class RunRecords {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #records = new Map<RunId, RunRecord>();
  readonly #inputs = new Map<string, MemberInput>();
  readonly #hostKeys = new Map<RunId, ReadonlyMap<string, string>>();

  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** @throws FailbackError `run.unknown` */
  async record(run: RunId): Promise<RunRecord> {
    const known = this.#records.get(run);
    if (known) return known;
    const text = await this.#redis.hget(this.#keys.run(run), 'record');
    if (text === null) throw unknownRun(run);
    const record = JSON.parse(text) as RunRecord;
    this.#records.set(run, record);
    return record;
  }

  /** Key of the host a plan calls `host`. @throws FailbackError `run.unknown`; Error when the run has no such host */
  async hostKey(run: RunId, host: string): Promise<string> {
    const hostKey = (await this.hostKeys(run)).get(host);
    if (hostKey === undefined) throw new Error(`run ${run} has no host ${host}`);
    return hostKey;
  }

  /** Keys of the run's hosts by the plan's names; two names may stand for one host. @throws FailbackError `run.unknown` */
  async hostKeys(run: RunId): Promise<ReadonlyMap<string, string>> {
    let hostKeys = this.#hostKeys.get(run);
    if (!hostKeys) {
      const { hosts } = await this.record(run);
      hostKeys = new Map(hosts.map(({ name, address }) => [name, hostKeyOf(address)]));
      this.#hostKeys.set(run, hostKeys);
    }
    return hostKeys;
  }

  /** Inputs of members, in the order asked for. @throws FailbackError `run.unknown` when one of them is not there */
  async inputs(run: RunId, ids: readonly InstanceId[]): Promise<readonly MemberInput[]> {
    const missing = ids.filter((id) => !this.#inputs.has(`${run}/${id}`));
    if (missing.length > 0) {
      const record = await this.record(run);
      const texts = await this.#redis.hmget(this.#keys.inputs(run), ...missing);
      missing.forEach((id, n) => {
        const text = texts[n];
        if (text) this.#inputs.set(`${run}/${id}`, decodeInput(text, record));
      });
    }
    return ids.map((id) => {
      const input = this.#inputs.get(`${run}/${id}`);
      if (!input) throw unknownRun(run);
      return input;
    });
  }

  /** Forgets a run: it has ended, or its records are gone. */
  forget(run: RunId): void {
    this.#records.delete(run);
    this.#hostKeys.delete(run);
    for (const key of this.#inputs.keys()) if (key.startsWith(`${run}/`)) this.#inputs.delete(key);
  }
}

export function decodeInput(text: string, record: RunRecord): MemberInput {
  const { vm, vmId, host, partner = null, settings } = JSON.parse(text) as StoredInput;
  const effective = record.settings[settings];
  if (!effective) throw new Error(`run ${record.run} has no settings ${settings}`);
  return { vm, vmId, host, partner, ...surroundingsOf(record, host, partner), settings: effective, adopt: record.adopt };
}

type Surroundings = Pick<MemberInput, 'nodes' | 'brokers' | 'certificates'>;

/** By run and route: all members of a route share them. */
const surroundings = new WeakMap<RunRecord, Map<string, Surroundings>>();

function surroundingsOf(record: RunRecord, host: string, partner: string | null): Surroundings {
  const known = surroundings.get(record) ?? new Map<string, Surroundings>();
  surroundings.set(record, known);
  const route = JSON.stringify([host, partner]);
  const found = known.get(route) ?? {
    nodes: { home: nodesOf(record, host), away: partner === null ? [] : nodesOf(record, partner) },
    brokers: { home: brokerOf(record, host), away: partner === null ? null : brokerOf(record, partner) },
    certificates: { home: certificateOf(record, host), away: partner === null ? null : certificateOf(record, partner) },
  };
  known.set(route, found);
  return found;
}

/** A host and the other nodes of its cluster. */
function nodesOf({ hosts }: Pick<RunRecord, 'hosts'>, host: string): readonly string[] {
  const cluster = hosts.find(({ name }) => name === host)?.cluster;
  if (cluster === undefined) return [host];
  return [host, ...hosts.filter((other) => other.cluster === cluster && other.name !== host).map(({ name }) => name)];
}

function certificateOf({ hosts }: Pick<RunRecord, 'hosts'>, host: string): string | null {
  return hosts.find(({ name }) => name === host)?.certificate ?? null;
}

function brokerOf({ hosts }: Pick<RunRecord, 'hosts'>, host: string): string | null {
  return hosts.find(({ name }) => name === host)?.broker ?? null;
}

export function unknownRun(run: RunId): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'run.unknown',
    message: `there are no records of run ${run} in Redis`,
    remedy: 'List the runs with "failback runs". If Redis was emptied, rebuild the run with "failback adopt PLAN".',
  });
}
