import type { RedisConnection } from '../../src/redis/connection.ts';
import { createRun } from '../../src/runtime/create-run.ts';
import { hostKeyOf, type Keys } from '../../src/runtime/keys.ts';
import { decodeRow } from '../../src/runtime/row.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { epochIn } from '../support/epoch.ts';
import { Incarnation } from './incarnation.ts';
import { eventOf, MEMBER, shortToken } from './lifecycle.ts';
import type { State, Stored, Task, WorkerName } from './state.ts';
import { isReport, type Move } from './walk.ts';

const ADDRESS = `http://${MEMBER.host}:1/wsman`;

/** What both the model and Redis can be asked. Tokens are told by revision and place: the rest of them is the run's birth. */
export interface Abstract {
  readonly revision: number;
  readonly state: string;
  readonly live: readonly string[];
  readonly outbox: readonly number[];
  readonly call: string | null;
  readonly jobs: readonly string[];
  readonly watch: string | null;
  readonly counted: number;
}

/** Follows a walk through the model with the product's own parts on a real Redis. */
export class Replay {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #run: string;
  readonly #queue: string;
  readonly #workers = new Map<WorkerName, Incarnation>();
  readonly #all: Incarnation[] = [];
  #server = '';
  #clock = Date.now();
  /** When each worker's last look began. */
  readonly #lookedAt = new Map<WorkerName, number>();

  readonly #restart: () => Promise<void>;

  /** @param restart ends the Redis and starts it again, with everything it had */
  constructor(
    redis: RedisConnection,
    keys: Keys,
    run: string,
    restart: () => Promise<void> = () => Promise.reject(new Error('it can not be restarted')),
  ) {
    this.#restart = restart;
    this.#redis = redis;
    this.#keys = keys;
    this.#run = run;
    this.#queue = keys.callQueuePrefix(run, hostKeyOf(ADDRESS));
  }

  get #ref() {
    return { run: this.#run, id: 'm0' };
  }

  async begin(): Promise<void> {
    const runtime = new Runtime({ redis: this.#redis, keys: this.#keys });
    const { vm, vmId, host, partner, settings } = MEMBER;
    const hosts = [{ name: host, address: ADDRESS, inFlight: 1, connection: null }];
    await createRun(runtime, {
      run: this.#run,
      plan: 'model',
      createdBy: 'test',
      inFlight: 1,
      hosts,
      members: [{ vm, vmId, host, partner, settings }],
      adopt: false,
    });
    await runtime.close();
    await this.#readServer();
    for (const name of ['a', 'b'] as const) await this.#start(name);
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.close()));
  }

  /** Does what the move says. Some moves are the first half of something the product does in one: then Redis is not to be compared. */
  async follow({ by, worker, what, before, after }: Move): Promise<void> {
    this.#clock++;
    const process = worker && (this.#workers.get(worker) as Incarnation);
    if (by === 'trouble' || by === 'time') return this.#trouble(what.split(':')[0] ?? '', worker);
    if (!process || !worker) return;
    const { tasks } = before.workers[worker];
    const goesOn = after.workers[worker].tasks.some(({ is }) => is === 'hand over');
    const { runtime } = process;
    // Two processes that decide the same on the same row can not tell whose commit it was, and both hand it over: the exploration has that where
    // decisions and commits are apart; here they are one step.
    runtime.forgetRows();
    switch (by) {
      case 'HostPoller.#look':
        this.#lookedAt.set(worker, this.#clock);
        return;
      case 'Admission.admit':
        return this.#deliver(process, process.admission.admit(this.#run), goesOn);
      case 'Sweep.fireTimers': {
        const stored = await runtime.read(this.#ref);
        this.#clock = Math.max(this.#clock, stored?.row.timers[what.split(':')[0]?.replace('timer ', '') ?? ''] ?? 0);
        return this.#deliver(process, stored ? process.sweep.fireTimers(this.#ref, stored.row) : Promise.resolve(), goesOn);
      }
      case 'Sweep.sweep':
        return process.sweepAll(this.#run);
      case 'CallRunner.run':
        return process.takeJob(before.stored.jobs.find(({ at }) => at === 'waiting')?.token ?? '');
      case 'claim.lua':
        return process.claim(shortToken(what.split(':')[0] ?? ''));
      case 'Dispatcher.handOver': {
        const dies = what.endsWith('then crash');
        await process.handOver(this.#run, dies);
        return dies ? this.#trouble('crash', worker) : undefined;
      }
      case 'Runtime.advance':
      case 'commit.lua': {
        const task = tasks.find((one) => !after.workers[worker].tasks.includes(one)) as Task & { readonly is: 'advance' };
        if (isReport(task)) {
          await process.report(shortToken(task.by?.token ?? ''), task.event);
          return goesOn ? undefined : process.finish();
        }
        const event = { ...eventOf(task.event), ...(task.watch === null ? {} : { seenAt: this.#lookedAt.get(worker) }) };
        const by = task.by && { ...task.by, token: await this.#present(task.by.token), final: false };
        return this.#deliver(process, runtime.advance(this.#ref, event, by), goesOn);
      }
    }
  }

  /** What Redis holds, in the model's terms. */
  async inRedis(): Promise<Abstract> {
    const { redis, keys, run } = { redis: this.#redis, keys: this.#keys, run: this.#run };
    const [row, outbox, call, watch, tally, waiting, active] = await Promise.all([
      redis.hget(keys.rows(run), 'm0'),
      redis.smembers(keys.outbox(run)),
      redis.hget(keys.calls(run), 'm0'),
      redis.hget(keys.watches(run, hostKeyOf(ADDRESS)), 'm0'),
      redis.hget(keys.tally(run), 'initiateFailback'),
      redis.lrange(`${this.#queue}:calls:wait`, 0, -1),
      redis.lrange(`${this.#queue}:calls:active`, 0, -1),
    ]);
    const stored = decodeRow(row ?? '', run);
    const { live } = stored.row;
    const [token = '', epoch, holder] = (call ?? '').split('|');
    const own = `${run}.m0.${live.call?.token}`;
    const jobsAt = (ids: readonly string[], at: string) =>
      ids.filter((id) => live.call && id.startsWith(own)).map((id) => `${id === own ? '' : 'again '}${at}`);
    return {
      revision: stored.revision,
      state: JSON.stringify(stored.row.value),
      live: Object.entries(live)
        .map(([effect, { token: one }]) => `${effect} ${shortToken(one)}`)
        .sort(),
      outbox: outbox.map((entry) => Number(entry.split(':')[1])).sort((a, b) => a - b),
      call:
        call &&
        [shortToken(token), epoch?.startsWith(this.#server) ? 'honest' : 'in doubt', holder ? this.#holder(holder) : 'free'].join(' '),
      jobs: [...jobsAt(waiting, 'waiting'), ...jobsAt(active, 'active')].sort(),
      watch: watch && shortToken(watch),
      counted: Number(tally ?? 0),
    };
  }

  async #deliver(process: Incarnation, work: Promise<unknown>, goesOn: boolean): Promise<void> {
    await process.commit(work);
    if (!goesOn) await process.finish();
  }

  /** A token of the model in this run; one that is not live is none here either. */
  async #present(token: string): Promise<string> {
    const stored = await this.#redis.hget(this.#keys.rows(this.#run), 'm0');
    const live = Object.values(decodeRow(stored ?? '', '').row.live);
    return live.find((effect) => shortToken(effect.token) === shortToken(token))?.token ?? token;
  }

  async #trouble(what: string, worker: WorkerName | null): Promise<void> {
    const process = worker && this.#workers.get(worker);
    if (what === 'queue lost') await this.#redis.del(...(await this.#redis.keys(`${this.#queue}:calls:*`)));
    if (what === 'watch lost') await this.#redis.hdel(this.#keys.watches(this.#run, hostKeyOf(ADDRESS)), 'm0');
    if (what === 'the time of doubt after the first intent is over') this.#clock += MEMBER.settings.timeouts.doubt;
    if (what === 'redis restarts') {
      await this.#restart();
      await this.#readServer();
      for (const { runtime } of this.#workers.values()) runtime.forgetRows();
    }
    if (!process) return;
    if (what === 'freeze') await process.seemsDead();
    if (what === 'the process goes on') await process.lives();
    if (what === 'crash') {
      await process.seemsDead();
      await this.#start(worker);
    }
  }

  async #start(worker: WorkerName): Promise<void> {
    const process = new Incarnation(this.#redis, this.#keys, `${worker}-${this.#all.length}`, this.#queue, () => this.#clock);
    this.#all.push(process);
    this.#workers.set(worker, process);
    await process.lives();
  }

  async #readServer(): Promise<void> {
    const info = await this.#redis.info();
    this.#server = epochIn(info);
  }

  #holder(name: string): string {
    for (const [worker, { name: present }] of this.#workers) if (present === name) return worker;
    return 'gone';
  }
}

/** The same of a state of the model. */
export function inModel({ stored }: State): Abstract {
  const { revision, row, outbox, call, watch, counted }: Stored = stored;
  return {
    revision,
    state: JSON.stringify(row.row.value),
    live: Object.entries(row.row.live)
      .map(([effect, { token }]) => `${effect} ${shortToken(token)}`)
      .sort(),
    outbox,
    call: call && [shortToken(call.token), call.honest ? 'honest' : 'in doubt', call.claim ?? 'free'].join(' '),
    jobs: stored.jobs.map(({ again, at }) => `${again ? 'again ' : ''}${at === 'waiting' ? at : 'active'}`).sort(),
    watch: watch && shortToken(watch.slice(0, watch.indexOf(' '))),
    counted,
  };
}
