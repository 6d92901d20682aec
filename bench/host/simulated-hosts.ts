import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import { createWsmanHost } from '../../src/hyperv/wsman/wsman-host.ts';
import type { HostOptions } from './host-factory.ts';

/** The product's client for a simulated host; its password is no secret. */
export function connectSimulated({ name, address, connection }: HostOptions): HyperVHost {
  const { username, password } = connection as { readonly username: string; readonly password: string };
  return createWsmanHost({ name, address, credentials: async () => ({ username, password }), allowUnencrypted: true });
}
