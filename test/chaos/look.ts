import type { VmObservation } from '../../src/domain/observation.ts';
import { createWsmanHost } from '../../src/hyperv/wsman/wsman-host.ts';
import type { ServedSimulatedHost } from '../../src/simulator/simulator.ts';

/** What all hosts say in the end: by host and machine. */
export type FinalLook = ReadonlyMap<string, ReadonlyMap<string, VmObservation>>;

/** Looks at every host once. @throws FailbackError when one of them does not answer */
export async function lookAtAll(hosts: readonly ServedSimulatedHost[]): Promise<FinalLook> {
  const seen = new Map<string, ReadonlyMap<string, VmObservation>>();
  for (const { name, url: address, username, password } of hosts) {
    const host = createWsmanHost({
      name,
      address,
      logOn: { scheme: 'basic', credentials: async () => ({ username, password }) },
      allowUnencrypted: true,
    });
    seen.set(name, (await host.observe({ jobsOfVm: false, statistics: [] })).vms);
    await host.close();
  }
  return seen;
}
