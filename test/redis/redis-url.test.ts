import { describe, expect, test } from 'vitest';
import { describeRedis, parseRedisUrl } from '../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  test('reads host, port, credentials and database', () => {
    expect(parseRedisUrl('redis://ops:p%40ss@cache.example.net:6380/3')).toEqual({
      kind: 'single',
      host: 'cache.example.net',
      port: 6380,
      tls: false,
      username: 'ops',
      password: 'p@ss',
      database: 3,
    });
  });

  test('rediss means TLS, and what is left out has a default', () => {
    expect(parseRedisUrl('rediss://cache')).toEqual({ kind: 'single', host: 'cache', port: 6379, tls: true, database: 0 });
  });

  test('reads an IPv6 address and shows it in brackets', () => {
    expect(parseRedisUrl('redis://[::1]:7000')).toMatchObject({ host: '::1' });
    expect(describeRedis('redis://:secret@[::1]:7000/1')).toBe('[::1]:7000');
  });

  test('reads Sentinels, the name of the primary, credentials and database', () => {
    expect(parseRedisUrl('redis+sentinel://ops:p%40ss@s1,s2:26380,[::1]:26381/fail%20back/3')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
        { host: '::1', port: 26381 },
      ],
      name: 'fail back',
      tls: false,
      username: 'ops',
      password: 'p@ss',
      database: 3,
    });
  });

  test('reads the nodes of a cluster; rediss means TLS to all of them', () => {
    expect(parseRedisUrl('rediss+cluster://:secret@c1:7000,c2')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'c1', port: 7000 },
        { host: 'c2', port: 6379 },
      ],
      tls: true,
      password: 'secret',
    });
    expect(parseRedisUrl('redis+cluster://c1/0')).toMatchObject({ kind: 'cluster', tls: false });
  });

  test('shows Sentinels and clusters without credentials', () => {
    expect(describeRedis('redis+sentinel://:secret@s1,s2:1/main')).toBe('main (Sentinels s1:26379, s2:1)');
    expect(describeRedis('redis+cluster://:secret@c1,[::1]:7000')).toBe('cluster c1:6379, [::1]:7000');
  });

  test.each([
    ['localhost:6379', 'no scheme'],
    ['http://secret@localhost', 'unknown scheme http://'],
    ['redis://:secret#1@localhost', 'percent-encoded'],
    ['redis://:secret%zz@localhost', 'percent-encoded'],
    ['redis://:secret@localhost/first', 'database number'],
    ['redis://:secret@localhost?family=6', 'options'],
    ['redis://:secret@', 'not a URL'],
    ['redis+sentinel://:secret@s1,s2', 'under which name'],
    ['redis+sentinel://:secret@s1/main/one', 'database number'],
    ['redis+sentinel://:secret@s1/main/1/2', 'goes on after the database'],
    ['redis+sentinel://:secret@s1:99999/main', 'not host:port'],
    ['redis+sentinel://:sec@ret@s1/main', 'percent-encoded'],
    ['redis+cluster://:secret@c1,,c2', 'not host:port'],
    ['redis+cluster://:secret@c1/1', 'only one'],
    ['redis+cluster://:secret@c1?tls=1', 'options'],
  ])('refuses %s without repeating what may be a password', (url, reason) => {
    const parse = () => parseRedisUrl(url);
    expect(parse).toThrow(expect.objectContaining({ code: 'usage.invalid', message: expect.stringContaining(reason) }));
    expect(parse).not.toThrow(/secret/);
  });
});
