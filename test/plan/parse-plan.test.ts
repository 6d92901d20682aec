import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderFinding } from '../../src/plan/finding.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { effectiveSettings, PLAN_DEFAULTS, type Plan } from '../../src/plan/plan.ts';
import { planJsonSchema } from '../../src/plan/plan-json-schema.ts';

const MINIMAL = {
  version: 1,
  name: 'p',
  hosts: { h1: { address: 'https://h1', credentials: { username: 'u', password: 'env:P' } } },
  members: ['a'] as unknown[],
};

function parsed(content: object): Plan {
  const { plan, findings } = parsePlan(stringify(content), 'plans/p.yaml');
  expect(findings.map(renderFinding)).toEqual([]);
  if (!plan) throw new Error('no plan');
  return plan;
}

describe('a minimal plan', () => {
  it('gets every default', () => {
    expect(parsed(MINIMAL)).toEqual({
      version: 1,
      name: 'p',
      home: null,
      hosts: [
        {
          name: 'h1',
          address: 'https://h1:5986/wsman',
          access: {
            transport: 'wsman',
            auth: 'negotiate',
            credentials: { username: 'u', password: 'env:P' },
            spn: null,
            tls: { caFile: null, fingerprint: null },
          },
          site: null,
          cluster: null,
          broker: null,
          replicaCertificate: null,
          limits: { inFlight: 3, transfers: 3 },
        },
      ],
      limits: { inFlight: 20 },
      defaults: {
        strategy: 'auto',
        recoveryPoint: null,
        retry: { attempts: 5, backoff: 'exponential', delay: 30_000, max: 600_000, jitter: 0.2 },
        timeouts: { call: 60_000, job: 14_400_000, step: 86_400_000, doubt: 3_000, settle: 60_000 },
        after: 'none',
        startStates: [6, 5],
        start: true,
        stable: 10_000,
        probes: [],
        probing: { within: 600_000, every: 10_000 },
        reverse: {
          firstCopy: 'seeded',
          copyAt: null,
          sync: { pendingBytes: 67_108_864, latency: 300_000 },
          shutdown: { within: 300_000, turnOff: false },
          commit: 'commit',
          hold: 0,
          unseen: 300_000,
          giveUpExtended: false,
        },
        rto: null,
        critical: false,
      },
      members: [{ kind: 'vm', vm: 'a', id: null, on: null, overrides: {}, position: { line: 10, column: 5 } }],
    });
  });

  it('survives JSON unchanged', () => {
    const plan = parsed(MINIMAL);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('normalising', () => {
  it('reads everything about the way home between two hosts, for all members and for one', () => {
    const { home, hosts, defaults, members } = parsed({
      ...MINIMAL,
      home: 'Milan',
      hosts: {
        h1: { ...MINIMAL.hosts.h1, site: 'Milan' },
        h2: { ...MINIMAL.hosts.h1, site: 'Rome', cluster: 'c1', broker: 'c1-broker.example.net' },
      },
      defaults: {
        strategy: 'reverse',
        after: { provider: 'commit', reverse: 'rollback' },
        reverse: {
          firstCopy: 'network',
          copyAt: '2026-03-01T22:00:00+01:00',
          sync: { pending: '1GiB', latency: '1m' },
          shutdown: { within: '2m', turnOff: true },
          hold: '1h',
          unseen: '10s',
          giveUpExtended: true,
        },
        verify: { stable: '1s', within: '2s', every: '1s', probes: [{ heartbeat: true }] },
        rto: '30m',
      },
      members: [
        'a',
        {
          vm: 'b',
          verify: [{ tcp: 'b:1433' }, { http: 'https://b', status: 204 }, { http: 'http://b' }, { script: './check.sh', args: ['b'] }],
          reverse: { copyAt: 'now', sync: { pending: '0' }, shutdown: { turnOff: false } },
          after: { reverse: 'none' },
          rto: '1m',
        },
        { vm: 'c', verify: { stable: '5s', every: '2s' } },
      ],
    });
    expect(home).toBe('Milan');
    expect(hosts).toMatchObject([
      { site: 'Milan', cluster: null, broker: null },
      { site: 'Rome', cluster: 'c1', broker: 'c1-broker.example.net' },
    ]);
    const [a, b, c] = members.map((spec) => effectiveSettings(defaults, spec));
    expect(a).toMatchObject({
      strategy: 'reverse',
      after: 'commit',
      reverse: {
        firstCopy: 'network',
        copyAt: '2026-03-01T21:00:00.000Z',
        sync: { pendingBytes: 1024 ** 3, latency: 60_000 },
        shutdown: { within: 120_000, turnOff: true },
        commit: 'rollback',
        hold: 3_600_000,
        unseen: 10_000,
        giveUpExtended: true,
      },
      stable: 1_000,
      probes: [{ kind: 'heartbeat' }],
      probing: { within: 2_000, every: 1_000 },
      rto: 1_800_000,
    });
    expect(b).toEqual({
      ...a,
      probes: [
        { kind: 'tcp', address: 'b:1433' },
        { kind: 'http', url: 'https://b', status: 204 },
        { kind: 'http', url: 'http://b', status: null },
        { kind: 'script', path: expect.stringMatching(/^\/.*\/check\.sh$/), args: ['b'] },
      ],
      reverse: {
        ...a?.reverse,
        copyAt: null,
        sync: { pendingBytes: 0, latency: 60_000 },
        shutdown: { within: 120_000, turnOff: false },
        commit: 'none',
      },
      rto: 60_000,
    });
    expect(c).toEqual({ ...a, stable: 5_000, probing: { within: 2_000, every: 2_000 } });
  });

  it.each([
    ['https://h1', 'https://h1:5986/wsman'],
    ['https://H1.Example.net:443/', 'https://h1.example.net/wsman'],
    ['https://10.0.0.7:5986/custom/path', 'https://10.0.0.7:5986/custom/path'],
    ['https://[fe80::1]:5986', 'https://[fe80::1]:5986/wsman'],
    ['http://h1', 'http://h1:5985/wsman'],
  ])('completes the address %s', (address, complete) => {
    const host = { ...MINIMAL.hosts.h1, address };
    expect(parsed({ ...MINIMAL, hosts: { h1: host } }).hosts[0]?.address).toBe(complete);
  });

  it('makes paths absolute from the folder of the plan, and pins plain upper-case hex', () => {
    const pin = Array.from({ length: 32 }, () => 'ab').join(':');
    const host = {
      ...MINIMAL.hosts.h1,
      credentials: { username: 'u', password: 'file:secrets/pw' },
      tls: { ca: '../ca.pem', fingerprint: `sha256:${pin}` },
    };
    const [normal] = parsed({ ...MINIMAL, hosts: { h1: host } }).hosts;
    expect(normal?.access).toMatchObject({
      credentials: { username: 'u', password: `file:${resolve('plans/secrets/pw')}` },
      tls: { caFile: resolve('ca.pem'), fingerprint: 'AB'.repeat(32) },
    });
  });

  it('keeps names of machines as they are, whatever they hold', () => {
    const names = [`it's "quoted"`, '<&>', 'C:\\back\\slash', '😀 VM', ' spaces ', '#hash', '*star', '2024', 'true', '__proto__', '日本'];
    expect(parsed({ ...MINIMAL, members: names }).members.map((member) => member.kind === 'vm' && member.vm)).toEqual(names);
  });

  it('lets aliases stand for shared settings', () => {
    const text = `version: 1\nname: p\nhosts:\n  a: &a { address: https://a, credentials: { username: u, password: env:P } }\n  b: *a\nmembers: [x]\n`;
    expect(parsePlan(text, 'p.yaml').plan?.hosts.map(({ name, address }) => [name, address])).toEqual([
      ['a', 'https://a:5986/wsman'],
      ['b', 'https://a:5986/wsman'],
    ]);
  });

  it('takes 500 hosts that share one account by alias', () => {
    const more = Array.from({ length: 500 }, (_, i) => `  h${i}: { address: https://h${i}, credentials: *c }\n`).join('');
    const text = `version: 1\nname: p\nhosts:\n  h: { address: https://h, credentials: &c { username: u, password: env:P } }\n${more}members: [x]\n`;
    expect(parsePlan(text, 'p.yaml').plan?.hosts).toHaveLength(501);
  });

  it('reads the sample plan without a finding', () => {
    const { plan, findings } = parsePlan(
      readFileSync(new URL('../../examples/milan-returns.yaml', import.meta.url), 'utf8'),
      'milan-returns.yaml',
    );
    expect(findings).toEqual([]);
    expect(plan?.members.map((member) => (member.kind === 'vm' ? member.vm : member.match))).toEqual(['dc01', 'sql01', 'web01', 'app-*']);
  });
});

describe('the settings of a member', () => {
  it('are its own, value by value, over the defaults of the plan', () => {
    const plan = parsed({
      ...MINIMAL,
      defaults: { retry: { attempts: 9 }, timeouts: { job: '2h' }, recoveryPoint: 'p-1', after: { provider: 'commit' }, startStates: [2] },
      members: [
        'a',
        {
          vm: 'b',
          retry: { delay: '1s' },
          timeouts: { call: '5s' },
          recoveryPoint: 'latest',
          start: false,
          critical: true,
          strategy: 'provider',
        },
        { match: 'c*' },
      ],
    });
    const [a, b, c] = plan.members.map((member) => effectiveSettings(plan.defaults, member));
    expect(a).toEqual(plan.defaults);
    expect(c).toEqual(plan.defaults);
    expect(b).toEqual({
      ...PLAN_DEFAULTS,
      strategy: 'provider',
      recoveryPoint: null,
      retry: { ...PLAN_DEFAULTS.retry, attempts: 9, delay: 1_000 },
      timeouts: { ...PLAN_DEFAULTS.timeouts, job: 7_200_000, call: 5_000 },
      after: 'commit',
      startStates: [2],
      start: false,
      critical: true,
    });
  });
});

/** Text that is nearly a plan: fragments of plans and of YAML's syntax in any order. */
const nearPlan = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'version: 1\n',
        'name: p\n',
        'hosts:\n',
        '  h1:\n',
        '    address: https://h1\n',
        'members:\n',
        '  - a\n',
        '  - { vm: a }\n',
      ),
      fc.constantFrom(
        '&a ',
        '*a',
        '!t ',
        '? ',
        '- ',
        ': ',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        '|\n',
        '>\n',
        '%YAML 1.1\n',
        '---\n',
        '...\n',
        '\t',
        '#',
        '<<: *a\n',
        '__proto__: 1\n',
        '\uFEFF',
        '\0',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** Data of any shape under the keys of a plan. */
const anyContent = fc.record(
  Object.fromEntries(
    ['version', 'name', 'hosts', 'defaults', 'limits', 'members', 'waves'].map((key) => [
      key,
      fc.object({
        key: fc.constantFrom('h1', 'vm', 'match', 'on', 'retry', 'address', 'credentials', 'password', '__proto__', 'constructor'),
      }),
    ]),
  ),
  { requiredKeys: [] },
);

function expectSound(text: string): void {
  const { plan, findings } = parsePlan(text, 'p.yaml');
  expect(plan === null).toBe(findings.some(({ severity }) => severity === 'error'));
  const lines = text.split(/\r\n|\n/);
  for (const { line, column, message } of findings) {
    expect(message).not.toBe('');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
  }
}

describe('any text at all', () => {
  it('counts the lines of a scalar the parser stumbles over', () => {
    const { findings } = parsePlan('  h1:\nversion: 1\n  - { vm: a }\n', 'p.yaml');
    expect(findings.map(({ line, column }) => [line, column])).toContainEqual([2, 1]);
  });

  it('gives a plan or findings inside the text, and never throws', () => {
    fc.assert(fc.property(fc.oneof(nearPlan, fc.string({ unit: 'binary', maxLength: 200 })), expectSound), { numRuns: 1500 });
  });

  it('gives a plan or findings for data of any shape', () => {
    fc.assert(
      fc.property(anyContent, (content) => expectSound(stringify(content))),
      { numRuns: 500 },
    );
  });

  it('never repeats a password, wherever and however it is written', () => {
    const secret = fc.constantFrom(
      'Zx9qSecret',
      '*Zx9qSecret',
      '!Zx9qSecret',
      '&Zx9qSecret',
      '{Zx9qSecret: 1}',
      '[Zx9qSecret]',
      '"Zx9qSecret',
      '@Zx9qSecret',
      '"\\Zx9qSecret"',
      '|Zx9qSecret',
      'Zx9qSecret: x',
      '%Zx9qSecret',
    );
    const place = fc.constantFrom(
      (s: string) => `hosts:\n  h1:\n    credentials:\n      password: ${s}\n`,
      (s: string) => `hosts:\n  h1:\n    credentials: ${s}\n`,
      (s: string) => `hosts: { h1: { credentials: { username: u, password: ${s} } } }\n`,
      (s: string) => `hosts:\n  h1:\n    address: https://u:${s}@h1\n`,
    );
    fc.assert(
      fc.property(secret, place, (text, at) => {
        const { findings } = parsePlan(at(text), 'p.yaml');
        expect(findings.length).toBeGreaterThan(0);
        // A mapping where text belongs makes the secret a key, which is named so that it can be found.
        const rendered = findings.filter(({ message }) => !message.startsWith('unknown key')).map(renderFinding);
        expect(rendered.join('\n')).not.toContain('Zx9q');
      }),
    );
  });
});

describe('the JSON Schema for editors', () => {
  it('is draft 7, closed to unknown keys and tells defaults', () => {
    const schema = planJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      required: ['version', 'name', 'hosts', 'members'],
    });
    expect(schema).toMatchObject({
      properties: { defaults: { properties: { timeouts: { properties: { call: { default: '1m', type: 'string' } } } } } },
    });
  });
});
