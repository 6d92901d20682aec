import { expect, test } from 'vitest';
import { STAGE_NAMES } from '../../src/simulator/world/stage.ts';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, simulate, writePlan } from './command-line.ts';

const { url } = useRedis();
const STAGES = STAGE_NAMES.filter((stage) => stage !== 'both-running' && stage !== 'extended');
/** Copies that go on by themselves may be over when the run looks: what follows them is the same. */
const SETTLED = STAGES.filter((stage) => stage !== 'copying' && stage !== 'resynchronizing');

test('a run calls exactly the steps pre-flight foretold, from every stage', async () => {
  const simulator = await simulate({
    hosts: 2,
    vms: SETTLED.length,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
      ],
      quirks: { hosts: { parallelTransfers: 100 } },
      vms: SETTLED.map((stage) => ({ names: [stage], stage, sizeGB: 8 })),
    },
  });
  const hosts = Object.fromEntries(
    simulator.hosts.map(({ name, url: address, username, site }) => [
      name,
      {
        address,
        auth: 'basic',
        credentials: { username, password: 'env:HV_PASSWORD' },
        allowUnencrypted: true,
        site,
        limits: { inFlight: 50 },
      },
    ]),
  );
  const plan = writePlan(simulator, { home: 'home', hosts });
  const { objects: foretold } = await failback(['preflight', plan, '--json'], ENVIRONMENT);
  const { objects: done, code } = await failback(['run', plan, '--json', '--redis', url], ENVIRONMENT);
  expect(code).toBe(0);
  for (const vm of SETTLED) {
    const steps = (foretold.find((object) => object.vm === vm)?.steps ?? []) as { readonly name: string; readonly does: string }[];
    const calls = done.filter((object) => object.vm === vm && String(object.to).includes(': calling'));
    // A host may refuse a call for a moment: a second attempt is no second step.
    const called = [...new Set(calls.map(({ to }) => String(to).split(':')[0]))];
    expect({ vm, called }).toEqual({ vm, called: steps.filter(({ does }) => does === 'do').map(({ name }) => name) });
  }
}, 120_000);
