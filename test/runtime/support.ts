import type { MemberInput, MemberSettings, MemberStatus } from '../../src/domain/member.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { Committer, type Proposal } from '../../src/runtime/committer.ts';
import { createRun } from '../../src/runtime/create-run.ts';
import type { Decision } from '../../src/runtime/decide.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { encodeRow, type Row } from '../../src/runtime/row.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { quickSettings } from '../support/system.ts';

export const keys = new Keys();

export const member: MemberInput = {
  vm: 'web-001',
  vmId: '0D3B5D8A-0000-4000-8000-000000000001',
  host: 'hv-a',
  partner: null,
  nodes: { home: ['hv-a'], away: [] },
  brokers: { home: null, away: null },
  certificates: { home: null, away: null },
  settings: quickSettings,
  adopt: false,
};

export function committer(redis: RedisConnection, run: string): Committer {
  return new Committer({ redis, keys, run, now: () => 1_000, onCounts: () => undefined, onWatches: () => undefined });
}

const EMPTY: Row = { machine: 'failback', version: 1, value: 'pending', context: {}, done: false, live: {}, timers: {} };

/** A transition with what a test is about; everything else is empty. */
export function proposal(id: string, expected: number, about: Partial<Decision & Omit<Proposal, 'id' | 'decision'>> = {}): Proposal {
  const {
    lane = 'hv-a',
    limit = 0,
    runRevision = null,
    calm = 0,
    restsOn = null,
    due = null,
    watches = [],
    journal = null,
    ...decision
  } = about;
  const row = about.row ?? { ...EMPTY, context: { revision: expected + 1 } };
  return {
    id,
    decision: {
      expected,
      row,
      text: encodeRow(row),
      before: null,
      after: null,
      moves: null,
      from: 'a',
      to: 'b',
      started: {},
      ended: {},
      usedUp: null,
      counters: [],
      moved: true,
      ...decision,
    },
    lane,
    limit,
    runRevision,
    calm,
    restsOn,
    due,
    watches,
    journal,
  };
}

/** A change of status on revision `expected`. */
export function change(id: string, expected: number, before: MemberStatus | null, after: MemberStatus): Proposal {
  return proposal(id, expected, { before, after });
}

/** Creates a run of `count` VMs on hosts nobody listens at: for tests without workers. */
export async function runOf(
  runtime: Runtime,
  run: string,
  count: number,
  options: {
    readonly hosts?: readonly string[];
    readonly perHost?: number | Readonly<Record<string, number>>;
    readonly inFlight?: number;
    /** Hosts of the other copies, taken in turn; null in between: members without one. */
    readonly partners?: readonly (string | null)[];
    readonly settings?: Partial<MemberSettings>;
    /** Transfer slots of every host; default: as many as are in flight. */
    readonly transfers?: number;
  } = {},
): Promise<void> {
  const hosts = options.hosts ?? ['hv-a'];
  const { perHost = 1_000, partners = [null] } = options;
  const names = [...new Set([...hosts, ...partners.filter((name) => name !== null)])];
  const limitOf = (name: string): number => (typeof perHost === 'number' ? perHost : (perHost[name] ?? 1_000));
  await createRun(runtime, {
    run,
    plan: 'test',
    createdBy: 'test',
    inFlight: options.inFlight ?? 1_000,
    hosts: names.map((name) => ({
      name,
      address: `http://${name}:1/wsman`,
      inFlight: limitOf(name),
      ...(options.transfers ? { transfers: options.transfers } : {}),
      connection: null,
    })),
    members: Array.from({ length: count }, (_, n) => ({
      vm: `vm-${n}`,
      vmId: `${run}-0000-4000-8000-${String(n).padStart(12, '0')}`,
      host: hosts[n % hosts.length] as string,
      partner: partners[n % partners.length] ?? null,
      settings: { ...quickSettings, ...options.settings },
    })),
    adopt: false,
  });
}
