import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const { redis, url } = useRedis();
const other = useRedis({ keep: true });

test('gives databases that do not see each other', async () => {
  await redis.set('key', 'mine');
  await other.redis.set('kept', 'yes');
  expect(await other.redis.get('key')).toBeNull();
  expect(url).not.toBe(other.url);
});

test('empties the database before each test, unless told to keep it', async () => {
  expect(await redis.dbsize()).toBe(0);
  expect(await other.redis.get('kept')).toBe('yes');
});
