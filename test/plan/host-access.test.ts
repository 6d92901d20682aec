import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderFinding } from '../../src/plan/finding.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import type { PlanHost } from '../../src/plan/plan.ts';
import { writePlanTemplate } from '../../src/plan/plan-template.ts';

const PASSWORD = { username: 'CONTOSO\\svc', password: 'env:P' };
const NO_TLS = { caFile: null, fingerprint: null };

/** The host of a plan that says this about it. */
function hostOf(entry: object): PlanHost {
  const text = stringify({ version: 1, name: 'p', hosts: { h1: { address: 'https://h1.example.net', ...entry } }, members: ['a'] });
  const { plan, findings } = parsePlan(text, 'plans/p.yaml');
  expect(findings.map(renderFinding)).toEqual([]);
  const [host] = plan?.hosts ?? [];
  if (!host) throw new Error('no host');
  return host;
}

const WSMAN: readonly [title: string, entry: object, access: object][] = [
  ['negotiate, which is the default', { credentials: PASSWORD }, { auth: 'negotiate', credentials: PASSWORD, spn: null }],
  ['negotiate over http, sealed', { address: 'http://h1', credentials: PASSWORD }, { auth: 'negotiate', credentials: PASSWORD, spn: null }],
  ['ntlm, by IP address', { address: 'http://10.0.0.7', auth: 'ntlm', credentials: PASSWORD }, { auth: 'ntlm', credentials: PASSWORD }],
  ['basic', { auth: 'basic', credentials: PASSWORD }, { auth: 'basic', credentials: PASSWORD, allowUnencrypted: false }],
  [
    'kerberos with a keytab',
    { auth: 'kerberos', credentials: { username: 'svc@CONTOSO.EXAMPLE', keytab: 'keys/svc.keytab' }, spn: 'WSMAN/hv-dr-01' },
    { auth: 'kerberos', credentials: { username: 'svc@CONTOSO.EXAMPLE', keytab: resolve('plans/keys/svc.keytab') }, spn: 'WSMAN/hv-dr-01' },
  ],
  [
    'kerberos with the tickets of the process, by IP address and SPN',
    { address: 'https://10.0.0.7', auth: 'kerberos', credentials: { cache: 'default' }, spn: 'HTTP/hv-dr-01.contoso.example' },
    { auth: 'kerberos', credentials: { cache: null, username: null }, spn: 'HTTP/hv-dr-01.contoso.example' },
  ],
  [
    'negotiate with tickets in a file',
    { credentials: { cache: '../tickets', username: 'svc' } },
    { auth: 'negotiate', credentials: { cache: `FILE:${resolve('tickets')}`, username: 'svc' }, spn: null },
  ],
  [
    'negotiate with tickets in a named file',
    { credentials: { cache: 'FILE:tickets' } },
    { auth: 'negotiate', credentials: { cache: `FILE:${resolve('plans/tickets')}`, username: null }, spn: null },
  ],
  [
    'negotiate with tickets in a keyring',
    { credentials: { cache: 'KEYRING:persistent:0' } },
    { auth: 'negotiate', credentials: { cache: 'KEYRING:persistent:0', username: null }, spn: null },
  ],
  [
    'a certificate',
    { auth: 'certificate', credentials: { certificate: 'c.pem', key: 'k.pem', passphrase: 'file:pass' } },
    {
      auth: 'certificate',
      credentials: { certificate: resolve('plans/c.pem'), key: resolve('plans/k.pem'), passphrase: `file:${resolve('plans/pass')}` },
    },
  ],
  [
    'a certificate whose key has no passphrase',
    { auth: 'certificate', credentials: { certificate: '/c.pem', key: '/k.pem' } },
    { auth: 'certificate', credentials: { certificate: '/c.pem', key: '/k.pem', passphrase: null } },
  ],
];

const POWERSHELL: readonly [title: string, entry: object, access: object][] = [
  ['the account it runs as', {}, { auth: 'negotiate', credentials: null, executable: null, sessions: 2 }],
  [
    'another account, by DCOM',
    { address: 'dcom://hv-dr-01', auth: 'kerberos', credentials: PASSWORD, powershell: { executable: 'pwsh', sessions: 8 } },
    { auth: 'kerberos', credentials: PASSWORD, executable: 'pwsh', sessions: 8 },
  ],
  [
    'another account, by an endpoint',
    { credentials: PASSWORD, powershell: { configurationName: 'Failback' } },
    { auth: 'negotiate', credentials: PASSWORD, executable: null, configurationName: 'Failback', sessions: 2 },
  ],
  [
    'a program by its path',
    { powershell: { executable: './bin/pwsh' } },
    { auth: 'negotiate', credentials: null, executable: resolve('plans/bin/pwsh'), sessions: 2 },
  ],
];

const ALL = [
  ...WSMAN.map(([title, entry, access]) => ({ title, entry, access: { transport: 'wsman', tls: NO_TLS, ...access } })),
  ...POWERSHELL.map(([title, entry, access]) => ({
    title: `PowerShell as ${title}`,
    entry: { transport: 'powershell', ...entry },
    access: { transport: 'powershell', configurationName: null, ...access },
  })),
];

describe('how a host is logged on to', () => {
  it.each(ALL)('$title', ({ entry, access }) => {
    expect(hostOf(entry).access).toEqual(access);
  });

  it.each(ALL)('$title: comes out of a plan that was made from it as it went in', ({ entry }) => {
    const host = hostOf(entry);
    const { plan } = parsePlan(writePlanTemplate([], { hosts: [host] }), '/elsewhere/p.yaml');
    expect(plan?.hosts).toEqual([host]);
  });

  it('has one form of an address', () => {
    const { address } = hostOf({ transport: 'powershell', address: 'DCOM://HV-dr-01' });
    expect(address).toBe('dcom://hv-dr-01');
    expect(hostOf({ transport: 'powershell', address: 'http://hv-dr-01' }).address).toBe('http://hv-dr-01:5985/wsman');
  });
});
