import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { createPowerShellHost } from '../../../src/hyperv/powershell/powershell-host.ts';
import { describeHyperVHost } from '../suite/hyperv-host-suite.ts';
import { NO_PWSH, PWSH } from './pwsh.ts';

const MODULE = fileURLToPath(new URL('./cim-module/SimulatedCim.psm1', import.meta.url));

if (PWSH === null) describe.skip(`a host reached by PowerShell (skipped: ${NO_PWSH})`, () => undefined);
else {
  const executable = PWSH;
  describeHyperVHost('PowerShell', {
    open: ({ name, url, username, password }) =>
      createPowerShellHost({
        name,
        address: url,
        executable,
        credentials: async () => ({ username, password }),
        authentication: 'Basic',
        sessions: 1,
        modules: [MODULE],
      }),
  });
}
