import { pathToFileURL } from 'node:url';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import type { BenchHost } from '../world.ts';
import { connectLoopback } from './loopback-host.ts';
import { createNullHost } from './null-host.ts';
import { connectSimulated } from './simulated-hosts.ts';

export interface HostOptions extends BenchHost {
  /** How long the job of `InitiateFailback` takes, milliseconds. */
  readonly jobMs: number;
}

/**
 * Makes a host, once for each host in every worker process. Its VMs begin off, as recovery replicas in state 6; `InitiateFailback` must lead
 * to state 14 after `jobMs`, `RequestStateChange(2)` to a running VM.
 */
export type CreateHost = (options: HostOptions) => HyperVHost | Promise<HyperVHost>;

/**
 * `loopback` answers at once, from a process of its own that serves all workers over HTTP · `null` answers at once, inside the worker process ·
 * `wsman` is the product's client, against simulated hosts in a process of their own · `module` is anybody's ES module that exports `createHost`,
 * a {@link CreateHost}.
 */
export type HostKind = { readonly kind: 'loopback' | 'null' | 'wsman' } | { readonly kind: 'module'; readonly path: string };

/** @throws Error for a module that exports no `createHost` */
export async function hostFactory(kind: HostKind): Promise<CreateHost> {
  switch (kind.kind) {
    case 'loopback':
      return connectLoopback;
    case 'null':
      return createNullHost;
    case 'wsman':
      return connectSimulated;
    case 'module': {
      const module = (await import(pathToFileURL(kind.path).href)) as { createHost?: CreateHost };
      if (typeof module.createHost !== 'function') throw new Error(`${kind.path} exports no function createHost`);
      return module.createHost;
    }
  }
}
