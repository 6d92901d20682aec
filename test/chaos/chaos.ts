/**
 * Chaos: real worker processes and a real Redis are killed with SIGKILL while a batch comes home from simulated hosts that also lose
 * replies after the call took effect, go out of sight, forget their jobs and are rebooted. The judge is the ledger of the hosts.
 *
 *   npm run chaos -- --vms 100 --kills 20 --seed 1 [--strategy provider|reverse|mixed] [--host-events 6] [--workers 2] [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectRedis } from '../../src/redis/connect.ts';
import { startManagedRedis } from '../../src/redis/managed-redis.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import { randomStream } from '../../src/simulator/world/random.ts';
import { type AnnouncedHost, chaosPlan, chaosScenario, HOST_COUNT, SPEED, STRATEGIES } from './chaos-world.ts';
import { Children, firstLines } from './children.ts';
import { judge } from './judge.ts';
import { lookAtAll } from './look.ts';

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '60' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    strategy: { type: 'string', default: 'mixed' },
    'host-events': { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const [vms, kills, seed, workerCount] = [values.vms, values.kills, values.seed, values.workers].map(Number) as [
  number,
  number,
  number,
  number,
];
const strategy = STRATEGIES.find((name) => name === values.strategy);
if (strategy === undefined) throw new Error(`--strategy is one of ${STRATEGIES.join(', ')}`);
/** How often hosts are disturbed; by default not where everything is a provider's, whose single call a disturbance may have to repeat. */
const hostEvents = Number(values['host-events'] ?? (strategy === 'provider' ? 0 : Math.ceil(kills / 2)));
/** Real seconds the way home of one VM takes when nobody is killed, roughly. */
const VM_SECONDS = strategy === 'provider' ? 2 : 8;
/** A pair's way home has ten calls, each of which may be lost: kills are spread over it. */
const SECONDS_PER_KILL = strategy === 'provider' ? 0.8 : 1.6;
const PATIENCE_MS = 120_000 + kills * 5_000 + vms * 100;

const directory = mkdtempSync(join(tmpdir(), 'failback-chaos-'));
const ledgerFile = join(directory, 'ledger.jsonl');
const random = randomStream(seed, 'chaos').next;
const say = (text: string) => process.stderr.write(`${text}\n`);

const redis = await startManagedRedis({ directory });
const children = new Children(directory, { FAILBACK_REDIS_URL: redis.url, FAILBACK_DATA: directory, NO_COLOR: '1' });

async function startHosts(): Promise<{ readonly planFile: string; readonly hosts: readonly AnnouncedHost[] }> {
  const scenarioFile = join(directory, 'scenario.yaml');
  writeFileSync(scenarioFile, JSON.stringify(chaosScenario({ vms, seed, strategy: strategy ?? 'mixed', hostEvents })));
  const args = ['simulate', '--port', '0', '--seed', String(seed), '--speed', String(SPEED)];
  const simulator = children.start('hosts', [...args, '--ledger', ledgerFile, '--scenario', scenarioFile]);
  const hosts = (await firstLines(simulator, HOST_COUNT)).map((line) => JSON.parse(line) as AnnouncedHost);
  const passwordFile = (host: string): string => join(directory, `${host}.password`);
  for (const { host, password } of hosts) writeFileSync(passwordFile(host), password, { mode: 0o600 });
  const inFlight = Math.min(vms, Math.max(8, Math.ceil((vms * VM_SECONDS) / Math.max(1, kills * SECONDS_PER_KILL))));
  const planFile = join(directory, 'plan.yaml');
  writeFileSync(planFile, JSON.stringify(chaosPlan(hosts, inFlight, passwordFile)));
  return { planFile, hosts };
}

async function main(): Promise<number> {
  const startedAt = Date.now();
  const { planFile, hosts } = await startHosts();
  const run = `chaos-${seed}`;
  await children.run('run', ['run', planFile, '--detach', '--yes', '--name', run]);
  const workers = Array.from({ length: workerCount }, (_, n) => children.start(`worker-${n}`, ['worker']));
  const connection = connectRedis(redis.url, 'worker');
  const views = new RunViews(connection, new Keys());
  let done = 0;
  let ended = false;
  while (!ended && Date.now() - startedAt < PATIENCE_MS) {
    await sleep(150 + random() * 2 * (SECONDS_PER_KILL * 1000 - 150));
    const { state, counts } = await views.run(run);
    const moving = counts.pending + counts.working;
    ended = state === 'finished' || moving === 0;
    if (ended || done >= kills) continue;
    done++;
    if (random() < 0.2) {
      await redis.kill();
      await sleep(random() * 300);
      await redis.restart();
      say(`kill ${done}: Redis (${counts.completed}/${vms} home)`);
    } else {
      const victim = Math.floor(random() * workers.length);
      const worker = workers[victim];
      if (worker) await children.kill(worker);
      workers[victim] = children.start(`worker-${victim}`, ['worker']);
      say(`kill ${done}: worker ${victim} (${counts.completed}/${vms} home)`);
    }
  }
  const journal = readJournal(connection, new Keys(), run);
  const { findings, ...verdict } = await judge({ views, run, ledgerFile, journal, final: await lookAtAll(hosts) });
  for (const finding of findings) say(finding);
  await Promise.all(workers.map((worker) => children.kill(worker, 'SIGTERM')));
  connection.disconnect();
  const summary = { type: 'chaos', strategy, ...verdict, kills: done, hostEvents, durationMs: Date.now() - startedAt };
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else
    say(
      Object.entries(summary)
        .map(([name, value]) => `${name} ${value}`)
        .join(' · '),
    );
  const harm = verdict.lost + verdict.duplicateCalls + verdict.bothSidesRunning + verdict.wrongWay;
  return harm === 0 && verdict.members === vms && done === kills ? 0 : 1;
}

let code = 1;
try {
  code = await main();
} finally {
  await children.killAll();
  await redis.stop();
  if (values.keep || code !== 0) say(`logs and ledger: ${directory}`);
  else rmSync(directory, { recursive: true, force: true });
}
process.exitCode = code;
