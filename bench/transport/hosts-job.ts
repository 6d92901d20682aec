import type { ServedSimulatedHost, SimulatorOptions } from '../../src/simulator/simulator.ts';

/** What the process of the simulated hosts is told. */
export interface ToHosts {
  readonly type: 'serve';
  readonly vms: number;
  readonly options: Pick<SimulatorOptions, 'auth' | 'tls' | 'keytab'>;
}

export interface FromHosts {
  readonly type: 'serving';
  readonly host: ServedSimulatedHost;
}
