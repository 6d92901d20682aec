import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownRedis } from '../support/own-redis.ts';
import { ENVIRONMENT, failback, folder, simulate, start, writePlan } from './command-line.ts';

const NO_REDIS = 'redis://:s3cret-of-redis@127.0.0.1:9';

describe('Redis', () => {
  test('that is down ends every command that needs it with 6, quickly and without its password', async () => {
    const plan = writePlan(await simulate({ hosts: 1 }));
    for (const command of [['run', plan], ['doctor']]) {
      const { code, stdout, stderr } = await failback([...command, '--redis', NO_REDIS], ENVIRONMENT);
      expect([command[0], code]).toEqual([command[0], 6]);
      expect(stdout + stderr).toContain('Redis at 127.0.0.1:9 cannot be reached: nothing listens there');
      expect(stdout + stderr).not.toContain('s3cret-of-redis');
    }
  });

  test('that forgets is refused with a remedy unless it is allowed', async () => {
    const server = await ownRedis({ settings: { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' } });
    const plan = writePlan(await simulate({ hosts: 1, vms: 1 }));
    const refused = await failback(['run', plan, '--redis', server.url], ENVIRONMENT);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('persistence is off');
    expect(refused.stderr).toContain('CONFIG SET maxmemory-policy noeviction');
    const allowed = await failback(['run', plan, '--unsafe-redis', '--redis', server.url], ENVIRONMENT);
    expect(allowed.code).toBe(0);
    expect(allowed.stderr).toContain('going on because of --unsafe-redis');
  });

  test('that holds an unfinished run lets a demo play beside it: its worker serves the demo only', async () => {
    const server = await ownRedis();
    const simulator = await simulate({ hosts: 1, vms: 1 });
    const plan = writePlan(simulator);
    await failback(['run', plan, '--detach', '--name', 'real', '--redis', server.url], ENVIRONMENT);
    const env = { ...ENVIRONMENT, FAILBACK_DATA: folder() };
    const demo = await failback(['demo', '--vms', '1', '--hosts', '1', '--faults', 'none', '--speed', '600', '--redis', server.url], env);
    expect([demo.code, demo.stderr]).toEqual([0, expect.stringContaining('report ')]);
    const status = await failback(['status', 'real', '--json', '--redis', server.url], ENVIRONMENT);
    expect(status.objects[0]).toMatchObject({ counts: { pending: 1 }, calls: {}, workers: [] });
  });

  test('of our own needs a data directory it can write to, and says so when there is none', async () => {
    const taken = join(folder(), 'a-file');
    writeFileSync(taken, '');
    const plan = writePlan(await simulate({ hosts: 1 }));
    for (const command of [['demo'], ['run', plan]]) {
      const { code, stderr } = await failback(command, { ...ENVIRONMENT, FAILBACK_DATA: join(taken, 'data') });
      expect([code, stderr]).toEqual([2, expect.stringContaining('can not be written to (ENOTDIR)')]);
      expect(stderr).toContain('FAILBACK_DATA');
    }
  });

  test('that goes away in the middle is waited for, said once, and the run comes to its end', async () => {
    const server = await ownRedis();
    const plan = writePlan(await simulate({ hosts: 1, vms: 3, speed: 100 }));
    const running = start(['run', plan, '--redis', server.url], { ...ENVIRONMENT, FAILBACK_LOG: 'silent' });
    await running.until('data is on its way home');
    await server.kill();
    await running.until('is not reachable, waiting…');
    await server.restart();
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr.match(/is not reachable, waiting…/g)).toHaveLength(1);
    expect(stderr.match(/is back\./g)).toHaveLength(1);
  });

  test('of our own is started by the first command that needs it, not by one that only looks', async () => {
    const FAILBACK_DATA = folder();
    const looked = await failback(['runs'], { FAILBACK_DATA });
    expect([looked.code, looked.stderr]).toEqual([6, expect.stringContaining('no Redis of ours runs in')]);
    const doctor = await failback(['doctor'], { FAILBACK_DATA });
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('a local one starts with the first run')]);
  });
});
