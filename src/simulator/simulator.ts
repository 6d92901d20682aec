import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateSet, makeCertificates } from './certificates.ts';
import type { AuthScheme, LogOnOptions } from './wire/log-on/schemes.ts';
import { type ServedHost, serveHost } from './wire/server.ts';
import type { SimulatedPair } from './world/population.ts';
import { createSimulation, type Simulation, type SimulationOptions } from './world/simulation.ts';
import type { World } from './world/world.ts';

export interface SimulatorOptions extends SimulationOptions, LogOnOptions {
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
  /** How it lets clients log on. */
  readonly auth: readonly AuthScheme[];
  /** File with the authority's certificate (PEM); only with `tls`. */
  readonly caFile?: string;
  /** Files (PEM) with a certificate of the same authority that logs on as `username`, and its key; only with `tls`. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
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
  /** For tests: nobody is logged on any more at any host, though connections stay open. */
  forgetLogOns(): Promise<void>;
  /** Stops listening and removes the certificate files. The ledger stays. */
  close(): Promise<void>;
}

/**
 * Starts simulated Hyper-V hosts that speak WS-Management.
 * @throws FailbackError `usage.invalid` for a bad scenario, numbers that do not go together, a scheme that lacks what it needs, or a port that is taken
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulation = createSimulation(options);
  const served: ServedHost[] = [];
  const { tls: secure = false, ...serving } = options;
  const directory = secure ? mkdtempSync(join(tmpdir(), 'failback-simulator-')) : null;
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
            simulation.hosts[0]?.username,
          );
    const basePort = options.basePort ?? 0;
    for (const [index, host] of simulation.hosts.entries()) {
      const own = certificates?.hosts.get(host.name);
      const tls = certificates && own ? { ...own, clientCa: certificates.ca } : undefined;
      const port = basePort === 0 ? 0 : basePort + index;
      served.push(await serveHost(host, { ...serving, port, bindAddress, ...(tls === undefined ? {} : { tls }) }));
    }
    const files = certificates && directory !== null ? writeCertificates(directory, certificates) : undefined;
    return {
      hosts: describeHosts(simulation, served, files),
      pairs: simulation.pairs,
      ...(certificates ? { ca: certificates.ca } : {}),
      world: simulation.world,
      hopeless: simulation.hopeless,
      forgetLogOns: async () => {
        await Promise.all(served.map((one) => one.forgetLogOns()));
      },
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type CertificateFiles = Required<Pick<ServedSimulatedHost, 'caFile' | 'clientCertificate' | 'clientKey'>>;

function writeCertificates(directory: string, { ca, client }: CertificateSet): CertificateFiles {
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    caFile: write('ca.pem', ca),
    clientCertificate: write('client.pem', client.cert),
    clientKey: write('client-key.pem', client.key),
  };
}

function describeHosts(simulation: Simulation, served: readonly ServedHost[], files: CertificateFiles | undefined): ServedSimulatedHost[] {
  return simulation.hosts.map((host, index) => ({
    name: host.name,
    ...siteOf(simulation.world, host.name),
    url: served[index]?.url ?? '',
    username: host.username,
    password: host.password,
    auth: served[index]?.auth ?? [],
    ...files,
    vms: [...simulation.world.host(host.name).vms.values()].map(({ id, name }) => ({ id, name })),
  }));
}

function siteOf(world: World, name: string): Pick<ServedSimulatedHost, 'site' | 'cluster'> {
  const { site, cluster } = world.host(name);
  return { site, ...(cluster === null ? {} : { cluster }) };
}
