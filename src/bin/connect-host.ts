import { readConnection } from '../cli/host-connection.ts';
import { FailbackError } from '../domain/failure.ts';
import type { HyperVHost } from '../hyperv/hyperv-host.ts';
import { createWsmanHost } from '../hyperv/wsman/wsman-host.ts';
import { resolveSecret } from '../plan/secret.ts';
import type { RunHost } from '../runtime/run-record.ts';
import { logOnOf } from './log-on.ts';

export interface ConnectHostOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears of secrets that everybody on this machine can read. */
  readonly warn: (message: string) => void;
}

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
  if (access.transport !== 'wsman') throw notYet(host.name, `transport ${access.transport}`);
  const logOn = logOnOf(access, readSecret);
  const { caFile, fingerprint } = access.tls;
  return createWsmanHost({
    name: host.name,
    address: host.address,
    allowUnencrypted: access.auth === 'basic' && access.allowUnencrypted,
    logOn,
    tls: { ...(caFile === null ? {} : { caFiles: [caFile] }), ...(fingerprint === null ? {} : { fingerprint }) },
  });
}

function notYet(host: string, what: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'plan.invalid',
    message: `Host ${host} is to be reached with ${what}, which this version can not do yet`,
    remedy: 'Use transport: wsman with auth: basic for it.',
  });
}
