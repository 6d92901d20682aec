import { readConnection } from '../cli/host-connection.ts';
import type { HyperVHost } from '../hyperv/hyperv-host.ts';
import { createWsmanHost } from '../hyperv/wsman/wsman-host.ts';
import { resolveSecret } from '../plan/secret.ts';
import type { RunHost } from '../runtime/run-record.ts';

export interface ConnectHostOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears of secrets that everybody on this machine can read. */
  readonly warn: (message: string) => void;
}

/**
 * A host as a run keeps it, reached by WS-Management. Credentials are resolved for every request and kept nowhere.
 * @throws FailbackError `plan.invalid`
 */
export async function connectHost(host: RunHost, { environment, warn }: ConnectHostOptions): Promise<HyperVHost> {
  const { credentials, tls, allowUnencrypted } = readConnection(host);
  let warned = false;
  return createWsmanHost({
    name: host.name,
    address: host.address,
    allowUnencrypted,
    credentials: async () => {
      const password = await resolveSecret(credentials.password, {
        environment,
        warn: (message) => {
          if (!warned) warn(message);
          warned = true;
        },
      });
      return { username: credentials.username, password };
    },
    tls: {
      ...(tls.caFile === null ? {} : { caFiles: [tls.caFile] }),
      ...(tls.fingerprint === null ? {} : { fingerprint: tls.fingerprint }),
    },
  });
}
