import { startCall } from '../cim/call.ts';
import { createCimHost } from '../cim/cim-host.ts';
import type { HyperVHost } from '../hyperv-host.ts';
import type { PowerShellCredentials } from './host-shells.ts';
import { createPowerShellAccess } from './powershell-access.ts';
import { parsePowerShellAddress } from './powershell-address.ts';

/** How CIM sessions log on; `Default` leaves it to Windows. */
export type PowerShellAuthentication = 'Default' | 'Negotiate' | 'Kerberos' | 'Basic' | 'Digest' | 'CredSsp';

export interface PowerShellHostOptions {
  /** The name the plan gives the host. */
  readonly name: string;
  /** `https://host[:5986]`, `http://host[:5985]` (WS-Management) or `dcom://host`. */
  readonly address: string;
  /** A program on the PATH, or a path; default `powershell.exe` on Windows, else `pwsh`. */
  readonly executable?: string;
  /** Called for every request, at the moment of use; null: the account this process runs as. */
  readonly credentials: (() => Promise<PowerShellCredentials>) | null;
  /** Default `Default`. */
  readonly authentication?: PowerShellAuthentication;
  /**
   * A session configuration of the host with failback's module in it (JEA), which is asked instead of the host's CIM; default none. Not with
   * `dcom://`.
   */
  readonly configurationName?: string;
  /** PowerShell processes at a time, default 2: one may look while the other calls. */
  readonly sessions?: number;
  /** Requests after which a session is replaced, default 1,000. */
  readonly maxUses?: number;
  /** Milliseconds after which an idle session is ended, default 300,000. */
  readonly idleMs?: number;
  /** Modules to import into each session, by name or path; default none. */
  readonly modules?: readonly string[];
}

/**
 * A Hyper-V host reached by the CIM cmdlets of Windows PowerShell 5.1 or PowerShell 7. Starts no process before the first call. The message
 * identifier of a change can not travel: CIM sessions make their own.
 * @throws FailbackError `plan.invalid` for an address that cannot be used
 */
export function createPowerShellHost(options: PowerShellHostOptions): HyperVHost {
  const access = createPowerShellAccess({
    host: options.name,
    connection: parsePowerShellAddress(options.name, options.address),
    executable: options.executable ?? (process.platform === 'win32' ? 'powershell.exe' : 'pwsh'),
    credentials: options.credentials,
    authentication: options.authentication ?? 'Default',
    configurationName: options.configurationName ?? null,
    sessions: options.sessions ?? 2,
    maxUses: options.maxUses ?? 1_000,
    idleMs: options.idleMs ?? 300_000,
    modules: options.modules ?? [],
  });
  return {
    ...createCimHost(access),
    prepare: (call) => access.prepare(startCall(call)),
    close: async () => access.close(),
  };
}
