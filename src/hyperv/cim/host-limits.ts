import { FailbackError } from '../../domain/failure.ts';
import type { HostLimits, WinRmLimits } from '../host-facts.ts';
import type { Call } from './call.ts';
import type { CimAccess, MethodRequest } from './cim-access.ts';
import { type CimInstance, integerOf } from './cim-instance.ts';
import { CIMV2_NAMESPACE } from './namespaces.ts';

/** Where Microsoft documents it (KB 2767928). */
const ACTIVE_TRANSFERS: MethodRequest = {
  className: 'StdRegProv',
  target: { namespace: CIMV2_NAMESPACE, className: 'StdRegProv', keys: new Map() },
  method: 'GetDWORDValue',
  parameters: [
    // HKEY_LOCAL_MACHINE
    ['hDefKey', 'uint32', '2147483650'],
    ['sSubKeyName', 'string', 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Replication'],
    ['sValueName', 'string', 'MaximumActiveTransfers'],
  ],
  change: null,
};
const FOUND = 0;
/** ERROR_FILE_NOT_FOUND: no such key or value. */
const NOT_SET = 2;

/** Reads what it may; what it may not read is null. */
export async function readLimits(access: CimAccess, call: Call): Promise<HostLimits> {
  const [winrm, activeTransfers] = await Promise.all([
    access.configuration(call).then((found) => found && winrmLimits(found), unlessDefect),
    readActiveTransfers(access, call).catch(unlessDefect),
  ]);
  return { winrm, activeTransfers };
}

/** `MaxEnvelopeSizekb` stands at the top of the configuration, what is about requests under `Service`. */
function winrmLimits(configuration: CimInstance): WinRmLimits {
  const service = configuration.properties.get('Service')?.[0];
  const ofService = (name: string) =>
    service !== null && typeof service === 'object' && 'properties' in service ? integerOf(service, name) : null;
  return {
    maxEnvelopeKb: integerOf(configuration, 'MaxEnvelopeSizekb'),
    operationsPerUser: ofService('MaxConcurrentOperationsPerUser'),
    connections: ofService('MaxConnections'),
  };
}

async function readActiveTransfers(access: CimAccess, call: Call): Promise<HostLimits['activeTransfers']> {
  const output = await access.invoke(ACTIVE_TRANSFERS, call);
  const returnValue = integerOf(output, 'ReturnValue');
  if (returnValue === NOT_SET) return 'default';
  return returnValue === FOUND ? integerOf(output, 'uValue') : null;
}

function unlessDefect(error: unknown): null {
  if (error instanceof FailbackError) return null;
  throw error;
}
