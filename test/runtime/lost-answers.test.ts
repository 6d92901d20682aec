import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { epochIn } from '../support/epoch.ts';
import { useRedis } from '../support/redis.ts';
import { keys, runOf } from './support.ts';

const { redis, url } = useRedis();
const ref = { run: 'r1', id: 'm0' };

/** A way to the test Redis that can lose the next answer: the command is carried out, then the connection is gone. */
async function lossyWay(): Promise<{ readonly url: string; loseNextAnswer(): void; close(): void }> {
  const target = new URL(url);
  const port = Number(target.port);
  const sockets = new Set<Socket>();
  let losing = false;
  const server = createServer((client) => {
    const upstream = connect(port, target.hostname);
    sockets.add(client).add(upstream);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (!losing) return void client.write(data);
      losing = false;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.port = String((server.address() as AddressInfo).port);
  return {
    url: target.href,
    loseNextAnswer: () => {
      losing = true;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a transition whose answer was lost is on record once, and its effects are handed over', async ({ onTestFinished }) => {
  const way = await lossyWay();
  const own = connectRedis(way.url, 'worker');
  onTestFinished(() => {
    own.disconnect();
    way.close();
  });
  const runtime = new Runtime({ redis: own });
  await runOf(runtime, ref.run, 1);
  await runtime.read(ref);
  await runtime.member(ref);
  way.loseNextAnswer();
  expect(await runtime.advance(ref, { type: 'failback.admit' })).toBe('committed');
  expect((await runtime.read(ref))?.revision).toBe(2);
  const events: string[] = [];
  for await (const { event, id } of readJournal(redis, keys, ref.run)) if (id === ref.id) events.push(event);
  expect(events).toEqual(['failback.admit']);
  expect(await redis.hlen(keys.watches(ref.run, 'hv-a_1'))).toBe(1);
  await runtime.close();
});

test('a claim whose answer was lost is still ours', async ({ onTestFinished }) => {
  const way = await lossyWay();
  const own = connectRedis(way.url, 'worker');
  onTestFinished(() => {
    own.disconnect();
    way.close();
  });
  const info = `${await redis.info('server')}${await redis.info('replication')}`;
  const epoch = epochIn(info);
  await redis.hset(keys.calls(ref.run), ref.id, `r3.0|${epoch}`);
  const runtime = new Runtime({ redis: own });
  await own.ping();
  way.loseNextAnswer();
  expect(await runtime.claim(ref, 'r3.0', 'w')).toBe('yes');
  expect(await runtime.claim(ref, 'r3.0', 'v')).toMatchObject({ worker: 'w' });
});
