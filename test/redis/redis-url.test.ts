import { describe, expect, test } from 'vitest';
import { describeRedis, parseRedisUrl } from '../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  test('reads host, port, credentials and database', () => {
    expect(parseRedisUrl('redis://ops:p%40ss@cache.example.net:6380/3')).toEqual({
      host: 'cache.example.net',
      port: 6380,
      tls: false,
      username: 'ops',
      password: 'p@ss',
      database: 3,
    });
  });

  test('rediss means TLS, and what is left out has a default', () => {
    expect(parseRedisUrl('rediss://cache')).toEqual({ host: 'cache', port: 6379, tls: true, database: 0 });
  });

  test('reads an IPv6 address and shows it in brackets', () => {
    expect(parseRedisUrl('redis://[::1]:7000').host).toBe('::1');
    expect(describeRedis('redis://:secret@[::1]:7000/1')).toBe('[::1]:7000');
  });

  test.each(['redis+sentinel://a:26379,b:26379/main', 'redis+cluster://a,b'])('recognises %s as a matter of a later version', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: 'usage.invalid', message: expect.stringContaining('later version') }),
    );
  });

  test.each([
    ['localhost:6379', 'no scheme'],
    ['http://secret@localhost', 'unknown scheme http://'],
    ['redis://:secret#1@localhost', 'percent-encoded'],
    ['redis://:secret%zz@localhost', 'percent-encoded'],
    ['redis://:secret@localhost/first', 'database number'],
    ['redis://:secret@localhost?family=6', 'options'],
    ['redis://:secret@', 'not a URL'],
  ])('refuses %s without repeating what may be a password', (url, reason) => {
    const parse = () => parseRedisUrl(url);
    expect(parse).toThrow(expect.objectContaining({ code: 'usage.invalid', message: expect.stringContaining(reason) }));
    expect(parse).not.toThrow(/secret/);
  });
});
