import { describe, expect, test } from 'vitest';
import { readKillOptions, readOptions } from '../../bench/options.ts';

test('hosts are a process of their own unless something else is asked for', () => {
  expect(readOptions([]).kind).toEqual({ kind: 'loopback' });
  expect(readOptions(['--host-module', 'hosts.mjs']).kind).toEqual({ kind: 'module', path: 'hosts.mjs' });
});

test('lists are measured in their order, each value once', () => {
  const options = readOptions(['--members', '1000,10,1000', '--job', '0s,250ms', '--workers', '1,2', '--fsync', 'everysec,always']);
  expect(options).toMatchObject({ members: [1000, 10], jobsMs: [0, 250], workers: [1, 2], appendfsync: ['everysec', 'always'] });
});

describe('is refused', () => {
  test.each([
    [['--host', 'null', '--workers', '1,2'], /inside the worker process/],
    [['--host', 'null', '--host-module', 'hosts.mjs'], /exclude each other/],
    [['--members', '0'], /--members takes whole numbers/],
    [['--job', '2'], /--job takes times/],
    [['--fsync', 'no'], /--fsync is one of/],
  ])('%j', (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });

  test.each([
    [['--host', 'null'], /needs --host loopback/],
    [['--workers', '2'], /--workers is 1/],
    [['--job', '0s'], /in the middle/],
    [['--profile', 'somewhere'], /--profile/],
  ])('where a worker is killed: %j', (args, reason) => {
    expect(() => readKillOptions(args)).toThrow(reason);
  });
});
