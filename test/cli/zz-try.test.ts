import { it } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, simulate, writePlan } from './command-line.ts';
import { STAGE_NAMES } from '../../src/simulator/world/stage.ts';
import { parse, stringify } from 'yaml';
import { readFileSync, writeFileSync } from 'node:fs';
const { url } = useRedis();
it('x', async () => {
  const simulator = await simulate({ hosts: 4, vms: 20, speed: 100, scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-dr-02', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
        { name: 'hv-mi-02', role: 'home' },
      ],
      vms: [...STAGE_NAMES.map((name) => ({ stage: name, prefix: name, sizeGB: 8 })), { names: ['ext1', 'ext2']}],
  } });
  const plan = writePlan(simulator);
  const data = parse(readFileSync(plan, 'utf8'));
  data.home = 'home';
  for (const h of simulator.hosts) data.hosts[h.name].site = h.site;
  writeFileSync(plan, stringify(data));
  const a = await failback(['preflight', plan], ENVIRONMENT);
  console.log(a.code, a.stdout, a.stderr);
  const b = await failback(['run', plan, '--dry-run', '--json', '--redis', url], ENVIRONMENT);
  console.log(b.code, b.stdout.slice(0, 3000), b.stderr);
  const c = await failback(['preflight', plan, '--intent', 'planned-failover'], ENVIRONMENT);
  console.log(c.code, c.stdout, c.stderr);
  const d = await failback(['preflight', plan, '--intent', 'drill'], ENVIRONMENT);
  console.log(d.code, d.stdout, d.stderr);
}, 60000);
