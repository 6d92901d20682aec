import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWsmanHost } from '../../../src/hyperv/wsman/wsman-host.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';

let sim: Simulator;
beforeAll(async () => {
  sim = await startSimulator({ hosts: 2, vms: 5, seed: 1, speed: 100, strategy: 'mixed' as never });
});
afterAll(async () => sim.close());
it('probe', async () => {
  for (const h of sim.hosts) {
    const host = createWsmanHost({
      name: h.name,
      address: h.url,
      credentials: async () => ({ username: h.username, password: h.password }),
      allowUnencrypted: true,
    });
    try {
      console.log(JSON.stringify(await host.identify()));
      const o = await host.observe({ jobsOfVm: true });
      console.log(o);
      const s = await host.replicationSettings();
      console.log([...s.values()][0]);
      for (const [id, st] of s) {
        const control = () => ({ messageId: randomUUID(), sendBy: performance.now() + 5000 });
        try {
          console.log(id, await host.initiateFailback({ vmId: id, settings: st, recoveryPointIdentifier: null }, control()));
        } catch (e) {
          console.log(e);
        }
      }
      const o2 = await host.observe({ jobsOfVm: true });
      console.log([...o2.jobs.values()], o2.jobsOfVm);
      for (const j of o2.jobs.keys()) console.log(await host.jobErrors(j));
    } catch (e) {
      console.log('ERR', e);
    }
    await host.close();
  }
  expect(1).toBe(1);
});
