import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { ownRedis, temporaryDirectory } from '../support/own-redis.ts';
import { eventually, quickSettings } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { pairsIn } from './support/pairs.ts';
import { setStage } from './support/stage.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000];

/** The one file a server that was just started appends to. */
function appendOnlyFile(directory: string): string {
  const files = join(directory, 'redis', 'appendonlydir');
  return join(files, readdirSync(files).find((name) => name.endsWith('.incr.aof')) ?? '');
}

test('a look that Redis confirmed and forgot in a power cut is told again, although nothing has changed on the host', async ({
  onTestFinished,
}) => {
  const directory = temporaryDirectory();
  const server = await ownRedis({ directory });
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { ...pairsIn(['replicating']), clock });
  const { pairs, hosts, world } = stage.simulator;
  const [pair] = pairs;
  world.host(pair?.home ?? '').disconnect(MINUTE);
  world.host(pair?.away ?? '').disconnect(HOUR);
  await stage.startWorker();
  const run = await stage.createRun({ settings: { strategy: 'reverse', reverse: { ...quickSettings.reverse, unseen: HOUR } } });

  const watched = hosts
    .filter(({ name }) => name === pair?.home || name === pair?.away)
    .map(({ url }) => stage.keys.hostTrouble(hostKeyOf(url)));
  await eventually(async () => (await redis.exists(...watched)) === 2);
  const { size } = statSync(appendOnlyFile(directory));
  const sights = async () => (await stage.members(run))[0]?.context.sights;
  clock.advance(2 * MINUTE);
  world.settle();
  await eventually(async () => ((await sights())?.home ?? null) !== null);
  await server.kill();
  truncateSync(appendOnlyFile(directory), size);
  await server.restart();
  expect((await sights())?.home ?? null).toBeNull();

  clock.letGo();
  clock.advance(HOUR);
  world.settle();
  expect((await stage.untilFinished(run)).counts.completed).toBe(1);
});
