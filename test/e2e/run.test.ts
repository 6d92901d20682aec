import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Runtime } from '../../src/runtime/runtime.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { readLedger } from '../../src/simulator/world/ledger.ts';
import { startWorker } from '../../workers/worker.ts';
import { useRedis } from '../support/redis.ts';
import { connectHost, quiet, runAll, untilFinished } from '../support/system.ts';

const { redis } = useRedis();

test('brings every VM of two hosts home with one InitiateFailback each', async () => {
  const ledgerFile = join(mkdtempSync(join(tmpdir(), 'fb-')), 'ledger.jsonl');
  const simulator = await startSimulator({ hosts: 2, vms: 20, seed: 7, speed: 600, ledgerFile });
  const runtime = new Runtime({ redis });
  const worker = await startWorker({ redis, connectHost, log: quiet });
  const started = await runAll(runtime, simulator);
  const view = await untilFinished(started);
  const ledger = readLedger(ledgerFile);
  console.log(view.counts, view.calls, JSON.stringify(ledger).slice(0, 300));
  expect(view.counts.completed).toBe(20);
  await worker.close();
  await runtime.close();
  await simulator.close();
});
