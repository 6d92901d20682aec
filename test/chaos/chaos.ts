/**
 * Chaos: worker processes, Redis and the management stacks of simulated hosts are killed with SIGKILL while a batch comes home; beside that
 * they are stopped, cut off from each other, their clocks jump, the disk of Redis is full, its last second of writes is lost, and replies are lost
 * after the call took effect. The judge is the ledger of the hosts.
 *
 *   npm run chaos -- --vms 100 --kills 20 --seed 1 [--strategy provider|reverse|mixed] [--others 10] [--workers 2] [--only KIND,…] [--json] [--keep]
 *   npm run chaos -- --vms 100 --kills 50 --seeds 1..20     one after the other, a table and a total
 *   npm run chaos -- --redis sentinel|cluster               instead of one Redis (single) a primary with two replicas behind three Sentinels, or three
 *                                                           primaries with a replica each; a tail that is cut off and a full disk are left out there
 */
import { parseArgs } from 'node:util';
import { isClean, runCampaign, type Summary } from './campaign.ts';
import { STRATEGIES } from './chaos-world.ts';
import { kindsWith, LAYOUTS } from './schedule.ts';

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '60' },
    kills: { type: 'string', default: '10' },
    others: { type: 'string' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    workers: { type: 'string', default: '2' },
    strategy: { type: 'string', default: 'mixed' },
    redis: { type: 'string', default: 'single' },
    only: { type: 'string' },
    pace: { type: 'string' },
    stops: { type: 'string', default: '12000,35000' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

// Ends in the way that ends the children, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

function oneOf<Name extends string>(names: readonly Name[], wanted: string, option: string): Name {
  const found = names.find((name) => name === wanted);
  if (found === undefined) throw new Error(`--${option} ${wanted}: one of ${names.join(', ')}`);
  return found;
}

const strategy = oneOf(STRATEGIES, values.strategy, 'strategy');
const redis = oneOf(LAYOUTS, values.redis, 'redis');
const kinds = kindsWith(redis);
const kills = Number(values.kills);
const options = {
  redis,
  vms: Number(values.vms),
  kills,
  others: Number(values.others ?? Math.ceil(kills / 2)),
  workers: Number(values.workers),
  strategy,
  only: values.only?.split(',').map((kind) => oneOf(kinds, kind, 'only')) ?? kinds,
  // A pair's way home has ten calls, each of which may be lost: kills are spread over it. Failovers take their time.
  paceMs: Number(values.pace ?? (strategy === 'provider' ? 800 : 1_600) * (redis === 'single' ? 1 : 1.5)),
  stopsMs: values.stops.split(',').map(Number),
  keep: values.keep,
  say: (text: string) => void process.stderr.write(`${text}\n`),
};
const [first = 1, last = first] = (values.seeds ?? values.seed).split('..').map(Number);

const COLUMNS = ['members', 'completed', 'operator', 'lost', 'duplicateCalls', 'bothSidesRunning', 'wrongWay', 'kills'] as const;
const summaries: Summary[] = [];
const line = (cells: readonly (string | number)[]): void => options.say(`| ${cells.join(' | ')} |`);
let allClean = true;

for (let seed = first; seed <= last; seed++) {
  const summary = await runCampaign({ ...options, seed });
  summaries.push(summary);
  const clean = isClean(summary, options);
  allClean &&= clean;
  if (values.json) process.stdout.write(`${JSON.stringify({ type: 'chaos', strategy, clean, ...summary })}\n`);
  else options.say(JSON.stringify({ strategy, clean, ...summary }, null, 1));
}
if (summaries.length > 1) {
  const sum = (of: (summary: Summary) => number): number => summaries.reduce((total, summary) => total + of(summary), 0);
  const others = ({ disturbances, kills: killed }: Summary): number => Object.values(disturbances).reduce((a, b) => a + b, 0) - killed;
  line(['seed', ...COLUMNS, 'others']);
  line(Array(COLUMNS.length + 2).fill('---'));
  for (const summary of summaries) line([summary.seed, ...COLUMNS.map((column) => summary[column]), others(summary)]);
  line(['total', ...COLUMNS.map((column) => sum((summary) => summary[column])), sum(others)]);
}
process.exitCode = allClean ? 0 : 1;
