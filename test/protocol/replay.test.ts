import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { ownRedis } from '../support/own-redis.ts';
import { useRedis } from '../support/redis.ts';
import { Model } from './model.ts';
import { inModel, Replay } from './replay.ts';
import { NAMES } from './state.ts';
import { isReport, type Move, walksOfInterest } from './walk.ts';

const { redis } = useRedis();
const isFull = process.env.PROTOCOL === 'full';

/** A repeatable source of chance: mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Between the two halves of what the product does in one go there is nothing to compare. */
function isHalf({ after }: Move): boolean {
  return NAMES.some((name) => after.workers[name].tasks.some(isReport));
}

async function follow(replay: Replay, moves: readonly Move[]): Promise<void> {
  await replay.begin();
  const story: string[] = [];
  for (const move of moves) {
    story.push(`${move.worker ?? '-'} ${move.by} ${move.what}`);
    await replay.follow(move);
    if (!isHalf(move)) expect(await replay.inRedis(), story.join('\n')).toEqual(inModel(move.after));
  }
  await replay.end();
}

test('walks through the model, followed with the product on a real Redis, leave the same behind after every step', async () => {
  const lost = { 'queue lost': 1, 'watch lost': 1, 'answer lost': 1, 'answer late': 1, 'request lost': 1, 'not sent': 1 };
  const model = new Model({ crash: 2, freeze: 1, pause: 1, ...lost, together: 3 });
  const walks = walksOfInterest(model, chance(1), isFull ? { of: 20_000, most: 2_000 } : { of: 1_000, most: 60 });
  for (const [n, moves] of walks.entries()) await follow(new Replay(redis, new Keys(`w${n}`), 'r'), moves);
  const all = walks.flat();
  console.log(`protocol: ${walks.length} walks of ${all.length} steps followed`);
  const followed = [
    'Admission.admit',
    'Dispatcher.handOver',
    'CallRunner.run',
    'claim.lua',
    'commit.lua',
    'Sweep.sweep',
    'Sweep.fireTimers',
  ];
  expect(all.map(({ by }) => by)).toEqual(expect.arrayContaining(followed));
}, 600_000);

test('walks on which Redis is restarted', async ({ onTestFinished }) => {
  const server = await ownRedis({ appendfsync: 'always' });
  const own = connectRedis(server.url, 'worker');
  onTestFinished(() => own.disconnect());
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.restart();
  };
  const model = new Model({ 'redis restarts': 1, crash: 1, 'answer lost': 1, together: 2 });
  const walks = walksOfInterest(model, chance(1), { of: 300, most: 100 });
  const inDoubt = walks.filter((moves) => moves.some(({ by, what }) => by === 'claim.lua' && what.endsWith('doubt')));
  expect(inDoubt.length).toBeGreaterThan(0);
  for (const [n, moves] of inDoubt.slice(0, 5).entries()) await follow(new Replay(own, new Keys(`r${n}`), 'r', restart), moves);
});
