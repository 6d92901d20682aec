/** The product's worker as `failback worker` starts it, with the product's client, and what tells how it is. */
import { Session } from 'node:inspector/promises';
import { pino } from 'pino';
import { connectRedis } from '../../src/redis/connect.ts';
import { startWorker } from '../../workers/worker.ts';
import { connectSimulated } from '../host/simulated-hosts.ts';
import { startProfile, writeProfile } from '../serve-worker.ts';
import { VitalSigns } from './vitals.ts';
import type { FromWorker, ToWorker } from './worker-job.ts';

let signs: VitalSigns;
let errors = 0;
const profiler = new Session();
const log = pino(
  { level: 'error' },
  {
    write: (line) => {
      errors++;
      process.stderr.write(line);
    },
  },
);

async function begin(redisUrl: string): Promise<void> {
  const redis = connectRedis(redisUrl, 'worker');
  await startWorker({ redis, log, connectHost: async (host) => connectSimulated({ ...host, vms: [], jobMs: 0 }) });
  signs = new VitalSigns(redis);
}

async function measure(profiled: boolean): Promise<void> {
  if (profiled) await startProfile(profiler);
  signs.begin();
}

const say = (message: FromWorker) => void process.send?.(message);

process.on('message', (message: ToWorker) => {
  if (message.type === 'begin') void begin(message.redisUrl).then(() => say({ type: 'ready' }));
  else if (message.type === 'measure') void measure(message.profiled);
  else if (message.type === 'write-profile') void writeProfile(profiler, message.file).then(() => say({ type: 'profile-written' }));
  else say({ type: 'vitals', vitals: signs.take(), errors });
});
process.once('disconnect', () => process.exit());
