/**
 * Chaos: real worker processes and a real Redis are killed with SIGKILL while a batch comes home from simulated hosts that also lose
 * replies after the call took effect. The judge is the ledger of the hosts.
 *
 *   npm run chaos -- --vms 100 --kills 20 --seed 1 [--workers 2] [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectRedis } from '../../src/redis/connect.ts';
import { startManagedRedis } from '../../src/redis/managed-redis.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import { randomStream } from '../../src/simulator/world/random.ts';
import { Children, firstLines } from './children.ts';
import { judge } from './judge.ts';

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '60' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
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
const HOSTS = 4;
/** Real seconds the copy of one VM takes, roughly. */
const COPY_SECONDS = 2;
const SECONDS_PER_KILL = 0.8;
const PATIENCE_MS = 120_000 + kills * 5_000 + vms * 100;

const directory = mkdtempSync(join(tmpdir(), 'failback-chaos-'));
const ledgerFile = join(directory, 'ledger.jsonl');
const random = randomStream(seed, 'chaos').next;
const say = (text: string) => process.stderr.write(`${text}\n`);

const redis = await startManagedRedis({ directory });
const children = new Children(directory, { FAILBACK_REDIS_URL: redis.url, FAILBACK_DATA: directory, NO_COLOR: '1' });

async function startHosts(): Promise<string> {
  const scenario = {
    faults: [
      { method: 'InitiateFailback', probability: 0.15, do: { drop: 'after' } },
      { method: 'RequestStateChange', probability: 0.1, do: { drop: 'after' } },
      { method: 'InitiateFailback', probability: 0.2, do: { delayAfterMs: 400 } },
    ],
  };
  const scenarioFile = join(directory, 'scenario.yaml');
  writeFileSync(scenarioFile, JSON.stringify(scenario));
  const args = ['simulate', '--port', '0', '--hosts', String(HOSTS), '--vms', String(vms), '--seed', String(seed)];
  const simulator = children.start('hosts', [...args, '--speed', '600', '--ledger', ledgerFile, '--scenario', scenarioFile]);
  const hosts = (await firstLines(simulator, HOSTS)).map(
    (line) => JSON.parse(line) as { host: string; url: string; username: string; password: string },
  );
  const inFlight = Math.min(vms, Math.max(8, Math.ceil((vms * COPY_SECONDS) / Math.max(1, kills * SECONDS_PER_KILL))));
  const planFile = join(directory, 'plan.yaml');
  const plan = {
    version: 1,
    name: 'chaos',
    hosts: Object.fromEntries(
      hosts.map(({ host, url, username, password }) => {
        const passwordFile = join(directory, `${host}.password`);
        writeFileSync(passwordFile, password, { mode: 0o600 });
        return [
          host,
          {
            address: url,
            auth: 'basic',
            allowUnencrypted: true,
            credentials: { username, password: `file:${passwordFile}` },
            limits: { inFlight },
          },
        ];
      }),
    ),
    defaults: { retry: { attempts: 20, delay: '200ms', max: '2s' }, timeouts: { call: '10s', settle: '10s' }, verify: { stable: '500ms' } },
    limits: { inFlight },
    members: [{ match: '*' }],
  };
  writeFileSync(planFile, JSON.stringify(plan));
  return planFile;
}

async function main(): Promise<number> {
  const startedAt = Date.now();
  const planFile = await startHosts();
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
  const { findings, ...verdict } = await judge(views, run, ledgerFile);
  for (const finding of findings) say(finding);
  await Promise.all(workers.map((worker) => children.kill(worker, 'SIGTERM')));
  connection.disconnect();
  const summary = { type: 'chaos', ...verdict, kills: done, durationMs: Date.now() - startedAt };
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else
    say(
      Object.entries(summary)
        .map(([name, value]) => `${name} ${value}`)
        .join(' · '),
    );
  return verdict.lost + verdict.duplicateCalls + verdict.bothSidesRunning === 0 && verdict.members === vms && done === kills ? 0 : 1;
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
