import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateSet, makeCertificates } from './certificates.ts';
import { type ServedHost, serveHost } from './wire/server.ts';
import type { SimulatedPair } from './world/population.ts';
import { createSimulation, type Simulation, type SimulationOptions } from './world/simulation.ts';
import type { World } from './world/world.ts';

export interface SimulatorOptions extends SimulationOptions {
  /** Host k listens on `basePort + k`; 0 (the default) takes free ports. */
  readonly basePort?: number;
  /** Default 127.0.0.1. */
  readonly bindAddress?: string;
  /** HTTPS with certificates of an authority made for this simulator; default false. */
  readonly tls?: boolean;
}

export interface ServedSimulatedHost {
  readonly name: string;
  /** Name of its site; by default `dr` or `home`. */
  readonly site: string;
  /** Present on nodes of a cluster. */
  readonly cluster?: string;
  /** Ends in `/wsman`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** File with the authority's certificate (PEM); only with `tls`. */
  readonly caFile?: string;
  readonly vms: readonly { readonly id: string; readonly name: string }[];
}

export interface Simulator {
  readonly hosts: readonly ServedSimulatedHost[];
  /** All host-to-host pairs. */
  readonly pairs: readonly SimulatedPair[];
  /** The authority's certificate, PEM; only with `tls`. */
  readonly ca?: string;
  /** For tests: look at machines and jobs, set states, crash hosts. Call `world.settle()` before looking. */
  readonly world: World;
  /** Ids of machines the fault preset makes impossible to bring home. */
  readonly hopeless: readonly string[];
  /** Stops listening and removes the certificate file. The ledger stays. */
  close(): Promise<void>;
}

/**
 * Starts simulated Hyper-V hosts that speak WS-Management.
 * @throws FailbackError `usage.invalid` for a bad scenario, numbers that do not go together, or a port that is taken
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulation = createSimulation(options);
  const served: ServedHost[] = [];
  const directory = options.tls ? mkdtempSync(join(tmpdir(), 'failback-simulator-')) : null;
  const close = async (): Promise<void> => {
    simulation.close();
    await Promise.all(served.map((one) => one.close()));
    if (directory !== null) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const bindAddress = options.bindAddress ?? '127.0.0.1';
    const names = simulation.hosts.map((host) => host.name);
    const certificates =
      directory === null
        ? null
        : await makeCertificates(
            names,
            [...new Set(['127.0.0.1', bindAddress])].filter((address) => isIP(address) !== 0),
          );
    const basePort = options.basePort ?? 0;
    for (const [index, host] of simulation.hosts.entries()) {
      const tls = certificates?.hosts.get(host.name);
      const port = basePort === 0 ? 0 : basePort + index;
      served.push(await serveHost(host, { port, bindAddress, ...(tls === undefined ? {} : { tls }) }));
    }
    const caFile = certificates && directory !== null ? writeAuthority(directory, certificates) : undefined;
    return {
      hosts: describeHosts(simulation, served, caFile),
      pairs: simulation.pairs,
      ...(certificates ? { ca: certificates.ca } : {}),
      world: simulation.world,
      hopeless: simulation.hopeless,
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function writeAuthority(directory: string, certificates: CertificateSet): string {
  const file = join(directory, 'ca.pem');
  writeFileSync(file, certificates.ca);
  return file;
}

function describeHosts(simulation: Simulation, served: readonly ServedHost[], caFile: string | undefined): ServedSimulatedHost[] {
  return simulation.hosts.map((host, index) => ({
    name: host.name,
    ...siteOf(simulation.world, host.name),
    url: served[index]?.url ?? '',
    username: host.username,
    password: host.password,
    ...(caFile === undefined ? {} : { caFile }),
    vms: [...simulation.world.host(host.name).vms.values()].map(({ id, name }) => ({ id, name })),
  }));
}

function siteOf(world: World, name: string): Pick<ServedSimulatedHost, 'site' | 'cluster'> {
  const { site, cluster } = world.host(name);
  return { site, ...(cluster === null ? {} : { cluster }) };
}
