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

const HOUR = 3_600_000;

/** The one file a server that was just started appends to. */
function appendOnlyFile(directory: string): string {
  const files = join(directory, 'redis', 'appendonlydir');
  return join(files, readdirSync(files).find((name) => name.endsWith('.incr.aof')) ?? '');
}

test('what one host showed before Redis forgot what followed is not weighed against what the other host shows afterwards', async ({
  onTestFinished,
}) => {
  const directory = temporaryDirectory();
  const server = await ownRedis({ directory });
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { ...pairsIn(['home-running']), clock });
  const { pairs, hosts, world } = stage.simulator;
  const [home, away] = [pairs[0]?.home ?? '', pairs[0]?.away ?? ''];
  const troubleAway = stage.keys.hostTrouble(hostKeyOf(hosts.find(({ name }) => name === away)?.url ?? ''));
  world.host(away).disconnect(HOUR);
  await stage.startWorker();
  const run = await stage.createRun({ settings: { strategy: 'reverse', reverse: { ...quickSettings.reverse, unseen: HOUR } } });
  const member = async () => (await stage.members(run))[0];
  await eventually(async () => ((await member())?.context.sights.home ?? null) !== null && (await redis.exists(troubleAway)) === 1);
  const { size } = statSync(appendOnlyFile(directory));

  // The other host comes back, the pair is reversed and protected at home: all of that is forgotten.
  clock.advance(HOUR);
  clock.letGo();
  world.settle();
  await stage.untilFinished(run);
  await server.kill();
  truncateSync(appendOnlyFile(directory), size);
  world.host(home).disconnect(HOUR);
  world.settle();
  await server.restart();
  expect(await member()).toMatchObject({ status: 'working' });

  const ended = await eventually(async () => {
    const now = await member();
    return !['working', 'pending'].includes(now?.status ?? '') && now;
  });
  expect(ended).toMatchObject({ status: 'completed', failure: null });
});
