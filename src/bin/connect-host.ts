import { readConnection } from '../cli/host-connection.ts';
import type { HyperVHost } from '../hyperv/hyperv-host.ts';
import { createPowerShellHost } from '../hyperv/powershell/powershell-host.ts';
import { createWsmanHost } from '../hyperv/wsman/wsman-host.ts';
import { resolveSecret } from '../plan/secret.ts';
import type { RunHost } from '../runtime/run-record.ts';
import { credentialsOf, logOnOf } from './log-on.ts';

export interface ConnectHostOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears of secrets that everybody on this machine can read. */
  readonly warn: (message: string) => void;
}

/** What `New-CimSession` calls the schemes of a plan. */
const AUTHENTICATION = { negotiate: 'Negotiate', kerberos: 'Kerberos', basic: 'Basic' } as const;

/**
 * A host as a run keeps it. Credentials are resolved for every request and kept nowhere.
 * @throws FailbackError `plan.invalid`
 */
export async function connectHost(host: RunHost, { environment, warn }: ConnectHostOptions): Promise<HyperVHost> {
  const access = readConnection(host);
  let warned = false;
  const readSecret = (reference: string) =>
    resolveSecret(reference, {
      environment,
      warn: (message) => {
        if (!warned) warn(message);
        warned = true;
      },
    });
  const { name, address } = host;
  if (access.transport === 'powershell') {
    const { credentials, auth, executable, configurationName, sessions } = access;
    return createPowerShellHost({
      name,
      address,
      credentials: credentials === null ? null : credentialsOf(credentials, readSecret),
      authentication: AUTHENTICATION[auth],
      ...(executable === null ? {} : { executable }),
      ...(configurationName === null ? {} : { configurationName }),
      sessions,
    });
  }
  const logOn = logOnOf(access, readSecret);
  const { caFile, fingerprint } = access.tls;
  return createWsmanHost({
    name,
    address,
    allowUnencrypted: access.auth === 'basic' && access.allowUnencrypted,
    logOn,
    tls: { ...(caFile === null ? {} : { caFiles: [caFile] }), ...(fingerprint === null ? {} : { fingerprint }) },
  });
}
