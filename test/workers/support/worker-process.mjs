// A worker in a process of its own, to be killed. Told what to do by JOB (JSON); says "ready NAME" on stdout when it serves.
// Runs on dist/, which the tests' global set-up keeps current.
import { pino } from 'pino';
import { createWsmanHost } from '../../../dist/src/hyperv/wsman/wsman-host.js';
import { connectRedis } from '../../../dist/src/redis/connect.js';
import { Keys } from '../../../dist/src/runtime/keys.js';
import { startWorker } from '../../../dist/workers/worker.js';

/** `at`: where it kills itself, the `nth` time it gets there; `armed`: counted only from signal SIGUSR2 on;
 * `freeze`: it only stops there, until SIGCONT. */
const { redisUrl, prefix, at, nth = 1, armed = true, freeze = false } = JSON.parse(process.env.JOB ?? '{}');

/** Everything that changes something on a host. */
const CALLS = [
  'initiateFailback',
  'initiateFailover',
  'commitFailover',
  'revertFailover',
  'reverseReplicationRelationship',
  'startReplication',
  'resynchronize',
  'requestReplicationStateChange',
  'initiateShutdown',
  'testReplicaSystem',
  'destroyTestReplica',
  'requestStateChange',
];

let counting = armed;
let passed = 0;
let answered = 0;
process.on('SIGUSR2', () => {
  counting = true;
});

function pass(point) {
  if (point !== at || !counting) return;
  passed += 1;
  if (passed === nth) process.kill(process.pid, freeze ? 'SIGSTOP' : 'SIGKILL');
}

async function connectHost({ name, address, connection }) {
  const { username, password } = connection;
  const host = createWsmanHost({
    name,
    address,
    logOn: { scheme: 'basic', credentials: async () => ({ username, password }) },
    allowUnencrypted: true,
  });
  const watched = {};
  for (const method of CALLS) {
    watched[method] = async (...args) => {
      pass('claimed');
      const result = await host[method](...args);
      pass('called');
      answered += 1;
      return result;
    };
  }
  return {
    ...host,
    ...watched,
    async replicationSettings() {
      const settings = await host.replicationSettings();
      pass('unclaimed');
      return settings;
    },
  };
}

const redis = connectRedis(redisUrl, 'worker');
const worker = await startWorker({
  redis,
  keys: new Keys(prefix),
  connectHost,
  log: pino({ level: process.env.FAILBACK_LOG ?? 'silent' }, pino.destination(2)),
  onCheckpoint: (point) => {
    pass(point);
    if (point === 'committed' && answered > 0) pass('reported');
  },
});
process.stdout.write(`ready ${worker.worker}\n`);
process.once('SIGTERM', async () => {
  await worker.close();
  redis.disconnect();
});
