import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NO_PWSH, PWSH } from '../hyperv/powershell/pwsh.ts';
import { KerberosRealm, noKerberos, REALM, SIMULATED } from '../support/kerberos-realm.ts';
import { eventually } from '../support/system.ts';
import { type AccessTo, endOf, jsonLines, Product } from './product.ts';

/** `npm run transports` has 200. */
const MEMBERS = Number(process.env.TRANSPORT_MEMBERS ?? 12);
const IS_WHOLE = MEMBERS >= 100;
const KILLS = IS_WHOLE ? 3 : 1;

const CIM_MODULE = fileURLToPath(new URL('../hyperv/powershell/cim-module', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'failback-transports-'));
const POWERSHELL = join(directory, 'pwsh-with-cim');
let realm: KerberosRealm | undefined;
let keytab = '';
beforeAll(async () => {
  // Its commands stand in for those of CIM, which are on Windows only. A module is found by the name of its folder.
  mkdirSync(join(directory, 'modules'));
  symlinkSync(CIM_MODULE, join(directory, 'modules', 'SimulatedCim'));
  writeFileSync(POWERSHELL, `#!/bin/sh\nPSModulePath='${join(directory, 'modules')}' exec '${PWSH}' "$@"\n`, { mode: 0o755 });
  if (noKerberos !== null) return;
  realm = await KerberosRealm.start(directory);
  keytab = realm.addSimulated();
  writeFileSync(join(directory, 'password'), SIMULATED.password, { mode: 0o600 });
});
afterAll(async () => {
  await realm?.stopKdc();
  rmSync(directory, { recursive: true, force: true });
});

interface Way {
  /** How its hosts are started. */
  readonly simulate: () => readonly string[];
  readonly access: AccessTo;
  /** Of every process. */
  readonly environment?: () => NodeJS.ProcessEnv;
  /** Why it can not be tried here. */
  readonly lacking?: string | null;
}

const byPassword =
  (auth: string): AccessTo =>
  ({ username, caFile }, password) => ({
    auth,
    credentials: { username, password },
    ...(caFile === undefined ? {} : { tls: { ca: caFile } }),
  });

const WAYS: Readonly<Record<string, Way>> = {
  'Basic over TLS': { simulate: () => ['--tls', '--auth', 'basic'], access: byPassword('basic') },
  'NTLM, sealed over HTTP': { simulate: () => ['--auth', 'negotiate'], access: byPassword('ntlm') },
  'NTLM over TLS': { simulate: () => ['--tls', '--auth', 'negotiate'], access: byPassword('ntlm') },
  'a certificate': {
    simulate: () => ['--tls', '--auth', 'certificate'],
    access: ({ caFile, clientCertificate, clientKey }) => ({
      auth: 'certificate',
      credentials: { certificate: clientCertificate, key: clientKey },
      tls: { ca: caFile },
    }),
  },
  'Kerberos, sealed over HTTP': {
    simulate: () => ['--auth', 'kerberos', '--keytab', keytab],
    access: () => ({
      auth: 'kerberos',
      spn: SIMULATED.spn,
      credentials: { username: `${SIMULATED.account}@${REALM}`, password: `file:${join(directory, 'password')}` },
    }),
    environment: () => ({ KRB5_CONFIG: realm?.config ?? '' }),
    lacking: noKerberos,
  },
  PowerShell: {
    simulate: () => ['--auth', 'basic'],
    access: ({ username }, password) => ({
      transport: 'powershell',
      auth: 'basic',
      allowUnencrypted: true,
      powershell: { executable: POWERSHELL },
      credentials: { username, password },
    }),
    lacking: PWSH === null ? NO_PWSH : null,
  },
};

/** `npm test` has time for these. */
const TRIED_ALWAYS = ['NTLM, sealed over HTTP', 'Kerberos, sealed over HTTP'];

for (const [name, { simulate, access, environment, lacking }] of Object.entries(WAYS)) {
  if (!IS_WHOLE && !TRIED_ALWAYS.includes(name)) continue;
  const title = `${MEMBERS} members come home by ${name}, called once each, although workers are killed and answers lost`;
  test.skipIf(typeof lacking === 'string')(
    typeof lacking === 'string' ? `${title} (skipped: ${lacking})` : title,
    async () => {
      const scenario = { faults: [{ method: 'InitiateFailback', probability: 0.1, do: { drop: 'after' } }] };
      const hosts = ['--hosts', '2', '--vms', String(MEMBERS), '--seed', '9', '--speed', '1200'];
      const product = await Product.start([...hosts, ...simulate()], scenario);
      const surroundings = environment?.() ?? {};
      // Processes of PowerShell take their time to start.
      const defaults = {
        retry: { attempts: 20, delay: '200ms', max: '2s' },
        timeouts: { call: '60s', settle: '10s' },
        verify: { stable: '300ms' },
      };
      const plan = product.writePlan({ limits: { inFlight: 40 }, defaults }, access);
      const begun = await product.run(['run', plan, '--detach', '--yes', '--name', 'way'], surroundings);
      expect(begun).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
      for (let kill = 1; kill <= KILLS; kill++) {
        const worker = product.spawn(['worker'], surroundings);
        const ended = endOf(worker);
        await eventually(async () => product.callsPerVm().length >= (kill * MEMBERS) / (KILLS + 1));
        worker.kill('SIGKILL');
        await ended;
      }
      product.spawn(['worker'], surroundings);
      const { code, stdout } = await product.run(['watch', 'way', '--json'], surroundings);
      expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', members: MEMBERS, completed: MEMBERS });
      expect(product.callsPerVm()).toEqual(Array.from({ length: MEMBERS }, () => 1));
      expect(code).toBe(0);
    },
    300_000,
  );
}
