/** A run's name is part of keys, queue names and job ids. */
export type RunId = string;
/** `m0`, `m1`, … in the order of the plan; `@run` is the run's own lifecycle. */
export type InstanceId = string;

export const RUN_INSTANCE: InstanceId = '@run';

export interface InstanceRef {
  readonly run: RunId;
  readonly id: InstanceId;
}

export function memberId(index: number): InstanceId {
  return `m${index}`;
}

/**
 * Names of everything kept in Redis. All keys of a run share one slot (its name is the hash tag), so one script can touch them all;
 * what spans runs (hosts, indexes, workers) has slots of its own and is only a lease or a projection.
 */
export class Keys {
  readonly prefix: string;

  /** @param prefix separates installations that share one Redis; default `fb` */
  constructor(prefix = 'fb') {
    this.prefix = prefix;
  }

  /** Hash: plan, name, creation time, settings table. */
  run = (run: RunId) => `${this.prefix}:{${run}}:run`;
  /** Hash by instance: fixed input of a member. */
  inputs = (run: RunId) => `${this.prefix}:{${run}}:inputs`;
  /** Hash by instance: `<revision>|<row>`. */
  rows = (run: RunId) => `${this.prefix}:{${run}}:rows`;
  /** Stream: one entry a transition. */
  journal = (run: RunId) => `${this.prefix}:{${run}}:journal`;
  /** Set of `<instance>:<revision>`: commits whose effects may not have been handed over yet. */
  outbox = (run: RunId) => `${this.prefix}:{${run}}:outbox`;
  /** Hash by instance: `<token>|<epoch>` of a call that may be made, `<token>|<epoch>|<worker>|<time>` once somebody claimed it. */
  calls = (run: RunId) => `${this.prefix}:{${run}}:calls`;
  /** `<epoch>|<ms since the epoch>`: the server that was last committed to, and when it was first. */
  epoch = (run: RunId) => `${this.prefix}:{${run}}:epoch`;
  /** Sorted set: when the sweep should look at an instance if nothing has happened. */
  due = (run: RunId) => `${this.prefix}:{${run}}:due`;
  /** Hash of counters. */
  tally = (run: RunId) => `${this.prefix}:{${run}}:tally`;
  /** Set of the members in one status. */
  status = (run: RunId, status: string) => `${this.prefix}:{${run}}:is:${status}`;
  /** Hash by instance: token of what the member has watched on a host; everything else about it is in its row. */
  watches = (run: RunId, hostKey: string) => `${this.prefix}:{${run}}:h:${hostKey}:watches`;
  /** Hash by host: changes whenever its `watches` do, and never has a value twice, not even after Redis was emptied. */
  watchVersions = (run: RunId) => `${this.prefix}:{${run}}:watch-versions`;
  /** Sorted set of the pending members of one lane, by position in the plan. */
  ready = (run: RunId, lane: string) => `${this.prefix}:{${run}}:ready:${lane}`;
  /** Sorted set of the members that ask for transfer slots, by position in the plan. */
  transferQueue = (run: RunId) => `${this.prefix}:{${run}}:transfer-queue`;
  /** Hash by instance: percent complete and such, display only. */
  progress = (run: RunId) => `${this.prefix}:{${run}}:progress`;

  /** Sorted set of all runs by creation time. */
  runs = () => `${this.prefix}:runs`;
  /** Set of runs that are being created: some of them for ever, unless somebody looks. */
  newRuns = () => `${this.prefix}:runs:new`;
  /** Set of runs that are not finished. */
  activeRuns = () => `${this.prefix}:runs:active`;

  /** Lease of the one worker that polls the host for all runs. */
  poller = (hostKey: string) => `${this.prefix}:{h:${hostKey}}:poller`;
  /** Lease of a worker that serves some runs only and polls the host for them, while nobody does it for all. */
  pollerOf = (hostKey: string, runs: readonly RunId[]) => `${this.poller(hostKey)}:${[...runs].sort().join('+')}`;
  /** Hash `<run>/<instance>` → since: members in flight on the host. */
  slots = (hostKey: string) => `${this.prefix}:{h:${hostKey}}:slots`;
  /** Hash `<run>/<instance>` → since: members that move data in bulk to or from the host. */
  transfers = (hostKey: string) => `${this.prefix}:{h:${hostKey}}:transfers`;
  /** Name of the unfinished run that holds a VM of the host. */
  heldVm = (hostKey: string, vmId: string) => `${this.prefix}:{h:${hostKey}}:vm:${vmId.toLowerCase()}`;
  /** There while a run holds its VMs on the host; expires when it holds them for a time only. */
  holder = (hostKey: string, run: RunId) => `${this.prefix}:{h:${hostKey}}:holder:${run}`;
  /** What keeps the host from being looked at, if anything. */
  hostTrouble = (hostKey: string) => `${this.prefix}:{h:${hostKey}}:trouble`;
  /** Lease of the one worker that sweeps the run. */
  sweeper = (run: RunId) => `${this.prefix}:{${run}}:sweeper`;

  /** Presence of one worker process. */
  worker = (worker: string) => `${this.prefix}:worker:${worker}`;
  /** Hash of all known workers: what they serve. */
  workers = () => `${this.prefix}:workers`;

  /** BullMQ prefix of the queue for a run's calls on one host; the queue itself is called `calls`. */
  callQueuePrefix = (run: RunId, hostKey: string) => `${this.prefix}:{${run}}:h:${hostKey}`;
  /** BullMQ prefix of the queue for a run's timers and for what it tells its members; the queue itself is called `control`. */
  controlQueuePrefix = (run: RunId) => `${this.prefix}:{${run}}`;
}

/** One host is one key, whatever a plan calls it: `host:port` of its address, with characters BullMQ does not take replaced. */
export function hostKeyOf(address: string): string {
  const url = new URL(address);
  const port = url.port || (url.protocol === 'https:' ? '5986' : '5985');
  return `${url.hostname.toLowerCase()}_${port}`.replaceAll(/[^a-z0-9._-]/g, '-');
}
