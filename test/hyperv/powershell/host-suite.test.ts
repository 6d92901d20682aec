import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { createPowerShellHost, type PowerShellHostOptions } from '../../../src/hyperv/powershell/powershell-host.ts';
import { failbackRules } from '../suite/failback-rules.ts';
import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import type { Access } from '../suite/scene.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const MODULE = fileURLToPath(new URL('./cim-module/SimulatedCim.psm1', import.meta.url));
const SESSION = fileURLToPath(new URL('./cim-module/EndpointSession.psm1', import.meta.url));

/** Workers make a host ready before they ask it for anything: the start of a process has its own time. */
function madeReady(host: HyperVHost): HyperVHost {
  type Asking = (...args: readonly unknown[]) => Promise<unknown>;
  const ready = Object.entries(host).map(([name, value]) => {
    if (typeof value !== 'function' || name === 'close') return [name, value];
    return [name, async (...args: readonly unknown[]) => host.prepare().then(() => (value as Asking)(...args))];
  });
  return Object.fromEntries(ready) as HyperVHost;
}

if (PWSH === null) describe.skip(`a host reached by PowerShell (skipped: ${NO_PWSH})`, () => undefined);
else {
  const executable = PWSH;
  const accessBy = (more: Pick<PowerShellHostOptions, 'modules' | 'configurationName'>): Access => ({
    open: ({ name, url, username, password }) =>
      madeReady(
        createPowerShellHost({
          name,
          address: url,
          executable,
          credentials: async () => ({ username, password }),
          authentication: 'Basic',
          sessions: 1,
          ...more,
        }),
      ),
  });
  // A process for each host of each test, and two with an endpoint: the whole of it takes minutes.
  describeHyperVHost('PowerShell', accessBy({ modules: [MODULE] }), [failbackRules]);
  describeHyperVHost('PowerShell through an endpoint', accessBy({ modules: [SESSION], configurationName: 'Failback' }), []);
}
