import { FailbackError, toFailure } from '../../domain/failure.ts';
import { isAccepted } from '../../domain/return-value.ts';
import type { HostRights, Trial } from '../host-facts.ts';
import type { Call } from './call.ts';
import { type CimAccess, operationOf } from './cim-access.ts';
import { textOf } from './cim-instance.ts';
import type { MethodCaller } from './method-caller.ts';
import { methodRefused, readMethodResult } from './method-result.ts';
import { CIMV2_NAMESPACE, HYPERV_NAMESPACE } from './namespaces.ts';

const SERVICES = ['Msvm_VirtualSystemManagementService', 'Msvm_ReplicationService'] as const;
/** Documented to retrieve certificates of the host. It has no in-parameters, so there is nothing it could be told to change. */
const HARMLESS = { className: 'Msvm_ReplicationService', method: 'GetSystemCertificates' } as const;

/** Tries what an account needs. Everything here only reads, so the right to start something is not proved by it. */
export async function tryRights(access: CimAccess, caller: MethodCaller, call: Call): Promise<HostRights> {
  let services: boolean | null = null;
  const [windows, hyperV, vmms] = await Promise.all([
    attempt(async () => {
      await access.list({ namespace: CIMV2_NAMESPACE, className: 'Win32_OperatingSystem', properties: ['Version'] }, call);
    }),
    attempt(async () => {
      const found = await Promise.all(
        SERVICES.map((className) => access.list({ namespace: HYPERV_NAMESPACE, className, properties: ['Name'] }, call)),
      );
      services = found.every(({ length }) => length > 0);
    }),
    stateOfVmms(access, call),
  ]);
  return { windows, hyperV, services, methods: services ? await attempt(() => callHarmless(caller, call)) : null, vmms };
}

async function callHarmless(caller: MethodCaller, call: Call): Promise<void> {
  const output = await caller.onService(HARMLESS.className, call, (target) => caller.ask({ ...HARMLESS, target, parameters: [] }, call));
  const { returnValue } = readMethodResult(caller.host, operationOf(HARMLESS), output);
  if (!isAccepted(returnValue)) throw methodRefused(operationOf(HARMLESS), returnValue);
}

/** The manager of Windows services shows itself to few accounts; who may not see it learns nothing. */
async function stateOfVmms(access: CimAccess, call: Call): Promise<string | null> {
  const wql = "SELECT State FROM Win32_Service WHERE Name = 'vmms'";
  const found = await access.query({ namespace: CIMV2_NAMESPACE, className: 'Win32_Service', wql }, call).catch(unlessDefect);
  const [service] = found ?? [];
  return service === undefined ? null : textOf(service, 'State');
}

async function attempt(work: () => Promise<void>): Promise<Trial> {
  try {
    await work();
    return { may: true };
  } catch (error) {
    if (!(error instanceof FailbackError)) throw error;
    return { may: false, failure: toFailure(error) };
  }
}

function unlessDefect(error: unknown): null {
  if (error instanceof FailbackError) return null;
  throw error;
}
