import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Why GSSAPI has no NTLM on this machine; null when it has. MIT's library finds the mechanism by this file. */
export const noNtlm = existsSync('/etc/gss/mech.d/mech.ntlmssp.conf') ? null : 'not on this machine; Debian has it as gss-ntlmssp';

/** Has gss-ntlmssp in this process accept these users (`DOMAIN:user:password`) on a host HV1 of EXAMPLE, while the tests of a file run. */
export function acceptByNtlm(users: readonly string[]): void {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'failback-ntlm-'));
    const file = join(directory, 'users');
    writeFileSync(file, users.map((user) => `${user}\n`).join(''));
    Object.assign(process.env, { NTLM_USER_FILE: file, NETBIOS_COMPUTER_NAME: 'HV1', NETBIOS_DOMAIN_NAME: 'EXAMPLE' });
  });
  afterAll(() => rmSync(directory, { recursive: true }));
}
