import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import { createWsmanHost } from '../../../src/hyperv/wsman/wsman-host.ts';
import type { ServedSimulatedHost, SimulatorOptions } from '../../../src/simulator/simulator.ts';
import type { Access } from '../suite/scene.ts';

/** A way of WS-Management to simulated hosts that let nobody in by another one. */
export function wayBy(simulator: () => Partial<SimulatorOptions>, logOnTo: (served: ServedSimulatedHost) => LogOn): Access {
  return {
    simulator,
    open(served) {
      const { name, url: address, caFile } = served;
      return createWsmanHost({ name, address, logOn: logOnTo(served), tls: caFile === undefined ? {} : { caFiles: [caFile] } });
    },
  };
}

/** Name and password of the account of a simulated host. */
export function accountOf({ username, password }: ServedSimulatedHost) {
  return async () => ({ username, password });
}
