import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis } from '../../src/redis/connect.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import type { ServedSimulatedHost, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type ChaosStrategy, chaosPlan, chaosScenario, SPEED } from './chaos-world.ts';
import { besideThis, Children, firstMessage } from './children.ts';
import { Crew } from './crew.ts';
import { type DisturbedRedis, startRedis } from './disturbed-redis.ts';
import { Disturber } from './disturber.ts';
import { Gates } from './gates.ts';
import { countIntents } from './intents.ts';
import { type Interruption, judge, type Verdict } from './judge.ts';
import { lookAtAll } from './look.ts';
import { drawSchedule, type Kind, type Layout } from './schedule.ts';

export interface CampaignOptions {
  readonly redis: Layout;
  readonly vms: number;
  readonly seed: number;
  readonly strategy: ChaosStrategy;
  /** Disturbances with SIGKILL, and others. */
  readonly kills: number;
  readonly others: number;
  readonly workers: number;
  readonly only: readonly Kind[];
  /** Milliseconds from one kill to the next, on average. */
  readonly paceMs: number;
  /** How long workers are stopped, milliseconds: taken in turn. */
  readonly stopsMs: readonly number[];
  /** Leave logs and ledger behind. */
  readonly keep: boolean;
  readonly say: (text: string) => void;
}

export interface Summary extends Omit<Verdict, 'findings'> {
  readonly redis: Layout;
  readonly seed: number;
  readonly kills: number;
  /** How often each disturbance really happened. */
  readonly disturbances: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  /** Bytes Redis had confirmed and lost; null where nobody can count them. */
  readonly lostBytes: number | null;
  /** Transitions of members Redis had on record and forgot. */
  readonly forgotten: number;
  /** Workers that ended although nobody killed them, and were started again. */
  readonly endedBySelf: number;
  /** From the end of the last disturbance until nothing moved any more. */
  readonly settleMs: number;
  readonly durationMs: number;
}

/** Real seconds the way home of one VM takes when nobody is disturbed, roughly. */
const VM_SECONDS = { provider: 2, mixed: 8, reverse: 8 };
const AFTER_START_MS = 1_500;
const LOOK_MS = 250;

/** When everything is mended a run may stand still for so long before it counts as stuck, milliseconds. */
const PATIENCE_MS = 120_000;

/** Brings one batch home while everything around it is disturbed, and judges what became of it. */
export async function runCampaign(options: CampaignOptions): Promise<Summary> {
  const directory = mkdtempSync(join(tmpdir(), 'failback-chaos-'));
  const redis = await startRedis(options.redis, directory, new Keys().journal(nameOf(options)));
  const children = new Children(directory, { FAILBACK_REDIS_URL: redis.url, FAILBACK_DATA: directory, NO_COLOR: '1' });
  let clean = false;
  try {
    const summary = await campaign(options, directory, redis, children);
    clean = isClean(summary, options);
    return summary;
  } finally {
    await children.killAll();
    await redis.close();
    if (options.keep || !clean) options.say(`logs and ledger: ${directory}`);
    else rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

function nameOf({ seed }: CampaignOptions): string {
  return `chaos-${seed}`;
}

/** Nothing lost, repeated or standing wrong, and all kills happened. */
export function isClean(summary: Summary, { vms, kills, only }: Pick<CampaignOptions, 'vms' | 'kills' | 'only'>): boolean {
  const { lost, duplicateCalls, bothSidesRunning, wrongWay, members } = summary;
  const wanted = drawSchedule({ seed: 0, kills, others: 0, overMs: 1, stopsMs: [0], only }).length;
  return lost + duplicateCalls + bothSidesRunning + wrongWay === 0 && members === vms && summary.kills === wanted;
}

async function campaign(options: CampaignOptions, directory: string, redis: DisturbedRedis, children: Children): Promise<Summary> {
  const { vms, seed, strategy, workers, say } = options;
  const overMs = Math.max(options.kills, options.others) * options.paceMs;
  const startedAt = performance.now();
  const ledgerFile = join(directory, 'ledger.jsonl');
  const simulation = {
    hosts: 1,
    vms: 0,
    seed,
    speed: SPEED,
    ledgerFile,
    scenario: chaosScenario({ vms, strategy }),
  } satisfies SimulatorOptions;
  const simulator = children.start('hosts', [JSON.stringify(simulation)], { script: besideThis('hosts-process') });
  const hosts = await firstMessage<readonly ServedSimulatedHost[]>(simulator);
  const interruptions: Interruption[] = [];
  simulator.on('message', (message) => interruptions.push(message as Interruption));
  const gates = await Gates.open(children, new Map(hosts.map(({ name, url }) => [name, Number(new URL(url).port)])));

  const passwordFile = (host: string): string => join(directory, `${host}.password`);
  for (const { name, password } of hosts) writeFileSync(passwordFile(name), password, { mode: 0o600 });
  const inFlight = Math.min(vms, Math.max(8, Math.ceil((vms * VM_SECONDS[strategy] * 1_000) / Math.max(1, overMs))));
  const planFile = join(directory, 'plan.yaml');
  writeFileSync(planFile, JSON.stringify(chaosPlan(hosts, inFlight, { port: (host) => gates.port(host), passwordFile })));
  const run = nameOf(options);
  await children.run('run', ['run', planFile, '--detach', '--yes', '--name', run]);
  await sleep(AFTER_START_MS);

  const { network, environments } = await connectWorkers(children, workers, hosts, gates, redis);
  const crew = new Crew(children, environments);
  const disturber = new Disturber({ crew, gates, redis, network, hosts: simulator, speed: SPEED, say });
  const connection = connectRedis(redis.url, 'worker');
  const keys = new Keys();
  const views = new RunViews(connection, keys);
  const look = async () => {
    const { state, counts } = await views.run(run);
    return { over: state === 'finished' || counts.pending + counts.working === 0, counts: JSON.stringify(counts) };
  };

  const begun = performance.now();
  const until = (at: number) => sleep(Math.max(0, begun + at - performance.now()));
  for (const disturbance of drawSchedule({ ...options, overMs })) {
    await until(disturbance.at);
    // While Redis is away nobody can tell, and the next disturbance does not wait for it.
    const seen = await Promise.race([look(), sleep(LOOK_MS)]);
    if (seen?.over) break;
    disturber.begin(disturbance);
  }
  await disturber.over();
  const mended = performance.now();
  for (let [before, changed] = ['', mended]; ; await sleep(LOOK_MS)) {
    const { over, counts } = await look();
    if (counts !== before) [before, changed] = [counts, performance.now()];
    if (over || performance.now() - changed > PATIENCE_MS) break;
  }
  const settleMs = Math.round(performance.now() - mended);

  const { counts: intents, forgotten } = await countIntents(readJournal(connection, keys, run), keys.journal(run), redis.remnants());
  const evidence = { views, run, ledgerFile, intents, interruptions, final: await lookAtAll(hosts) };
  const { findings, ...verdict } = await judge(evidence);
  for (const finding of findings) say(finding);
  await crew.close();
  connection.disconnect();
  const durationMs = Math.round(performance.now() - startedAt);
  const { happened: disturbances, skipped, kills } = disturber;
  const { lostBytes } = redis;
  const { endedBySelf } = crew;
  return { redis: options.redis, seed, ...verdict, kills, disturbances, skipped, lostBytes, forgotten, endedBySelf, settleMs, durationMs };
}

/** Gives each worker links of its own to Redis and to every host. */
async function connectWorkers(
  children: Children,
  workers: number,
  hosts: readonly ServedSimulatedHost[],
  gates: Gates,
  { ports: redisPorts }: DisturbedRedis,
) {
  const numbers = Array.from({ length: workers }, (_, n) => n);
  const peers = [
    ...redisPorts.map((port) => ({ name: String(port), port })),
    ...hosts.map(({ name }) => ({ name, port: gates.port(name) })),
  ];
  const links = numbers.flatMap((n) => peers.map(({ name, port }) => ({ name: `${n}>${name}`, target: port })));
  const network = children.start('network', [JSON.stringify(links)], { script: besideThis('network-process') });
  const ports = await firstMessage<Readonly<Record<string, number>>>(network);
  const environments = numbers.map((n) => ({
    CHAOS_ROUTES: JSON.stringify(Object.fromEntries(peers.map(({ name, port }) => [port, ports[`${n}>${name}`]]))),
  }));
  return { network, environments };
}
