import { describe, expect, it } from 'vitest';
import { FailbackError } from '../../../src/domain/failure.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { loadScenario, parseScenario } from '../../../src/simulator/world/scenario-file.ts';
import { createSimulation } from '../../../src/simulator/world/simulation.ts';

function problems(text: string): string[] {
  try {
    parseScenario(text, 'night.yaml');
  } catch (thrown) {
    if (thrown instanceof FailbackError) return thrown.message.split('\n');
    throw thrown;
  }
  return [];
}

describe('a scenario file', () => {
  it('sets up hosts, machines, quirks, faults and events', () => {
    const scenario = parseScenario(
      `
version: 1
hosts:
  - { name: hv-dr-01, quirks: { jobRetentionSeconds: 60 } }
  - { name: hv-home-01, role: home }
vms:
  - { names: [dc01, sql01], host: hv-dr-01, sizeGB: 40 }
  - { count: 3, prefix: web, partner: hv-home-01, sizeGB: [10, 20] }
quirks: { vms: { failbackJobType: 123 } }
faults:
  - { vm: sql*, method: InitiateFailback, nth: 1, do: { jobException: { hresult: '0x00002EE2' } } }
events:
  - { host: '*', what: reboot, at: 60 }
`,
      'night.yaml',
    );
    const { world } = createSimulation({ hosts: 9, vms: 9, seed: 1, scenario, clock: manualClock() });
    const names = (host: string) => [...world.host(host).vms.values()].map((vm) => vm.name);
    expect(names('hv-dr-01')).toEqual(['dc01', 'sql01', 'web-001', 'web-002', 'web-003']);
    expect(names('hv-home-01')).toEqual(['web-001', 'web-002', 'web-003']);
    expect(world.host('hv-dr-01').quirks.jobRetentionSeconds).toBe(60);
    expect([...world.host('hv-dr-01').vms.values()].every((vm) => vm.quirks.failbackJobType === 123)).toBe(true);
  });

  it('may be empty', () => {
    expect(parseScenario('', 'night.yaml')).toEqual({ version: 1 });
  });

  it('is refused with file, line and column of every problem', () => {
    expect(problems('version: 2\nfualts: []\nvms:\n  - count: 0\n')).toEqual([
      expect.stringMatching(/^night\.yaml:1:10: version: /),
      expect.stringMatching(/^night\.yaml:4:12: vms\.0\.count: /),
      expect.stringMatching(/^night\.yaml:2:1: unknown key fualts/),
    ]);
    expect(problems('faults:\n  - method: X\n    do:\n      drop: sometimes\n')).toEqual([
      expect.stringMatching(/^night\.yaml:4:13: faults\.0\.do\.drop: /),
    ]);
    expect(problems('quirks:\n  vms:\n    jobType: 3\n')).toEqual([
      expect.stringMatching(/^night\.yaml:3:5: unknown key jobType in quirks\.vms/),
    ]);
    expect(problems('vms: [')).toEqual([expect.stringMatching(/^night\.yaml:1:\d+: /)]);
  });

  it('that cannot be read is named', () => {
    expect(() => loadScenario('/nowhere/at/all.yaml')).toThrow(/\/nowhere\/at\/all\.yaml: cannot be read/);
  });

  it('that puts machines on a host it does not have is refused', () => {
    const scenario = { vms: [{ host: 'elsewhere' }] };
    expect(() => createSimulation({ hosts: 1, vms: 1, seed: 1, scenario, clock: manualClock() })).toThrow(/elsewhere/);
  });
});
