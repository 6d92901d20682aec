import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { startCall } from '../../../src/hyperv/cim/call.ts';
import type { MethodParameter } from '../../../src/hyperv/cim/cim-access.ts';
import type { CimInstance } from '../../../src/hyperv/cim/cim-instance.ts';
import type { HostShellsOptions } from '../../../src/hyperv/powershell/host-shells.ts';
import { createPowerShellAccess, type PowerShellAccess } from '../../../src/hyperv/powershell/powershell-access.ts';
import { PWSH } from './pwsh.ts';

export const ECHO = fileURLToPath(new URL('./cim-module/EchoCim.psm1', import.meta.url));
const NAMESPACE = 'root/virtualization/v2';

/** Access to a PowerShell that answers with what it was given; ends with the tests of the file. */
export function echoes(): (options?: Partial<HostShellsOptions>) => PowerShellAccess {
  const opened: PowerShellAccess[] = [];
  afterAll(() => {
    for (const access of opened) access.close();
  });
  return (options = {}) => {
    const access = createPowerShellAccess({
      host: 'hv-test',
      connection: { protocol: 'wsman', computerName: 'hv-test.example.net', port: 5986, useSsl: true },
      executable: PWSH ?? 'pwsh',
      credentials: null,
      authentication: 'Default',
      configurationName: null,
      sessions: 1,
      maxUses: 1_000,
      idleMs: 60_000,
      modules: [ECHO],
      ...options,
    });
    opened.push(access);
    return access;
  };
}

/** What a query for one of the classes of the module brings. */
export function ask(access: PowerShellAccess, className: string, timeoutMs = 60_000): Promise<readonly CimInstance[]> {
  return access.list({ namespace: NAMESPACE, className, properties: [] }, startCall({ timeoutMs }));
}

/** A change by one of the methods of the module. */
export function change(
  access: PowerShellAccess,
  method: string,
  { parameters = [], key = 'k', className = 'Echo_Object', sendByMs = 30_000, timeoutMs = 60_000 }: ChangeOptions = {},
): Promise<CimInstance> {
  const target = { namespace: NAMESPACE, className, keys: new Map([['InstanceID', key]]) };
  const control = { messageId: randomUUID(), sendBy: performance.now() + sendByMs };
  return access.invoke({ className, target, method, parameters, change: control }, startCall({ timeoutMs }));
}

interface ChangeOptions {
  readonly parameters?: readonly MethodParameter[];
  readonly key?: string;
  readonly className?: string;
  readonly sendByMs?: number;
  readonly timeoutMs?: number;
}
