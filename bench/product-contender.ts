import type { Redis } from 'ioredis';
import type { MemberSettings } from '../src/domain/member.ts';
import { PLAN_DEFAULTS } from '../src/plan/plan.ts';
import { createRun } from '../src/runtime/create-run.ts';
import { readJournal } from '../src/runtime/journal.ts';
import { Keys, RUN_INSTANCE } from '../src/runtime/keys.ts';
import { Runtime } from '../src/runtime/runtime.ts';
import type { Contender, MemberTimes, Outcome } from './contender.ts';
import type { BenchHost } from './world.ts';

const RUN = 'bench';

/** The plan's defaults, but that a VM which was seen running counts as verified at once. Everything may be in flight at a time. */
const SETTINGS: MemberSettings = { ...PLAN_DEFAULTS, strategy: 'provider', start: true, stable: 0 };

/** This product. Its times come from its journal. */
export function product(): Contender {
  const keys = new Keys();
  return {
    name: 'product',
    program: './product-worker.js',
    async create(redis, hosts) {
      const members = hosts.reduce((sum, { vms }) => sum + vms.length, 0);
      const runtime = new Runtime({ redis, keys });
      await createRun(runtime, {
        run: RUN,
        plan: 'bench',
        createdBy: 'bench',
        // Workers of the benchmark know how to reach them.
        hosts: hosts.map(({ name, address }) => ({ name, address, connection: null, inFlight: members })),
        inFlight: members,
        members: hosts.flatMap(({ name, vms }) => vms.map((vm) => newMember(name, vm))),
        adopt: false,
      });
      await runtime.close();
    },
    completed: (redis) => redis.scard(keys.status(RUN, 'completed')),
    isSettled: async (redis) => (await redis.sismember(keys.activeRuns(), RUN)) === 0,
    journalBytes: async (redis) => (await redis.memory('USAGE', keys.journal(RUN), 'SAMPLES', 100)) ?? 0,
    outcome: (redis) => readOutcome(redis, keys),
  };
}

function newMember(host: string, { vmId, name }: BenchHost['vms'][number]) {
  return { vm: name, vmId, host, partner: null, settings: SETTINGS };
}

async function readOutcome(redis: Redis, keys: Keys): Promise<Outcome> {
  const members: MemberTimes[] = [];
  const recordedAt: number[] = [];
  let possibleAt = 0;
  for await (const { id, at, to } of readJournal(redis, keys, RUN)) {
    recordedAt.push(at);
    if (id === RUN_INSTANCE) possibleAt ||= at;
    else if (to === 'completed') members.push({ possibleAt, completedAt: at });
  }
  const rows = await redis.hgetall(keys.rows(RUN));
  const revisions = Object.entries(rows).map(([id, row]) => (id === RUN_INSTANCE ? 0 : Number(row.slice(0, row.indexOf('|')))));
  return { members, records: revisions.reduce((sum, revision) => sum + revision, 0), recordedAt };
}
