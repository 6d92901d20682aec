import { describe, expect, it } from 'vitest';
import { JobState } from '../../src/domain/cim-job.ts';
import type { JobObservation, ReplicationObservation, VmObservation } from '../../src/domain/observation.ts';
import { EnabledState } from '../../src/domain/power.ts';
import { IN_BOX_PROVIDER, ReplicationState } from '../../src/domain/replication.ts';
import { PLAN_DEFAULTS, type PlannedSettings } from '../../src/plan/plan.ts';
import { preflightMember } from '../../src/plan/preflight-conditions.ts';
import { resolveCopies } from '../../src/plan/resolve-copies.ts';

const EXTERNAL = '11111111-2222-3333-4444-555555555555';
const replication: ReplicationObservation = { state: 6, health: 1, failedOverType: 1, lastReplicationTime: null };
const ready: VmObservation = {
  vmId: '6B2F0C7E-0000-4000-8000-00000000CAFE',
  name: 'sql01',
  power: EnabledState.Off,
  operationalStatus: [2],
  healthState: 5,
  mode: 2,
  replication,
  extended: false,
  testReplica: null,
};
const job: JobObservation = {
  jobId: 'J1',
  jobType: 107,
  jobState: JobState.Running,
  percentComplete: 5,
  errorCode: 0,
  errorDescription: null,
  timeSubmitted: null,
  owner: 'CONTOSO\\backup',
  cancellable: true,
};

interface Case {
  vm?: Partial<VmObservation>;
  replication?: Partial<ReplicationObservation>;
  settings?: Partial<PlannedSettings>;
  providerId?: string | null;
  jobs?: JobObservation[];
}

function check(c: Case = {}) {
  const settings = { ...PLAN_DEFAULTS, ...c.settings };
  const observation = { ...ready, replication: { ...replication, ...c.replication }, ...c.vm };
  const { mode, replication: relation, power, extended, vmId, name } = observation;
  const { state = null, health = null } = relation ?? {};
  const providerId = c.providerId === undefined ? EXTERNAL : c.providerId;
  const copy = { host: 'dr1', vmId, name, replicated: relation !== null, mode, state, health, power, providerId, extended, peer: null };
  const resolved = resolveCopies({ copies: [copy], meant: [copy] }, { home: null, hosts: [] }, settings, 'failback');
  return preflightMember({ settings, ...resolved }, observation, c.jobs ?? []);
}

const codes = (c: Case) => check(c).reasons.map(({ code }) => code);

describe('a member is ready', () => {
  it.each([
    ['committed', { replication: { state: 6 } }],
    ['recovered', { replication: { state: 5 } }],
    ['an extended replica', { vm: { mode: 4 } }],
    ['in health warning, which is normal after a failover', { replication: { health: 2 } }],
    ['in a state the plan adds to the start states', { replication: { state: 9 }, settings: { startStates: [9] } }],
    [
      'with nothing but finished jobs',
      {
        jobs: [
          { ...job, jobState: JobState.Completed },
          { ...job, jobState: JobState.Exception },
          { ...job, jobState: JobState.CompletedWithWarnings },
        ],
      },
    ],
    ['while another operation holds it, which attempts can wait out', { vm: { operationalStatus: [11] } }],
  ] satisfies [string, Case][])('when it is %s', (_when, c) => {
    expect(check(c)).toMatchObject({ verdict: 'ready', strategy: 'provider', reasons: [] });
  });

  it('tells how it came to that', () => {
    expect(check({ replication: { health: 2 }, vm: { operationalStatus: [11] } }).why).toEqual([
      'replication mode 2 (replica), state 6 (committed)',
      'health 2 (warning) is normal after a failover',
      `strategy auto: provider ${EXTERNAL} is external, so it is asked with InitiateFailback`,
      'another operation holds the machine (operational status 11, in service): the first attempts may be refused',
    ]);
  });
});

describe('a failback that is there already', () => {
  it.each([
    [13, 'already-under-way'],
    [14, 'already-done'],
  ] as const)('in state %i is %s, whatever power, jobs, provider and health are', (state, verdict) => {
    const c: Case = {
      replication: { state, health: 3 },
      vm: { power: EnabledState.Running },
      providerId: IN_BOX_PROVIDER,
      jobs: [{ ...job, jobType: 124 }],
    };
    expect(check(c)).toMatchObject({ verdict, strategy: 'provider', reasons: [] });
    expect(check(c).why).toContain('replication health is 3 (critical): look at it');
  });

  it('tells that the machine should be off while its data comes back', () => {
    expect(check({ replication: { state: 13 }, vm: { power: EnabledState.Running } }).why).toContain(
      'power is 2 (running): a machine must stay off while its data comes back',
    );
  });

  it('is none on the side that sends', () => {
    expect(check({ vm: { mode: 1 }, replication: { state: 14 } })).toMatchObject({ verdict: 'blocked', reasons: [{ code: 'mode' }] });
  });
});

describe('a member is blocked', () => {
  it('when it is not replicated', () => {
    expect(check({ vm: { replication: null, mode: 0 } })).toMatchObject({
      verdict: 'blocked',
      strategy: null,
      reasons: [{ code: 'not-replicated' }],
    });
  });

  it.each([
    [0, /0 \(none\)/, /Take it out/],
    [1, /1 \(primary\)/, /on:.*commit\+reverse/],
    [3, /3 \(test replica\)/, /test failover/],
    [9, /9 \(unknown\)/, /Look at the machine/],
  ])('in mode %i', (mode, message, remedy) => {
    expect(check({ vm: { mode } }).reasons).toEqual([
      { code: 'mode', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) },
    ]);
  });

  it.each([
    [0, /0 \(disabled\): replication is disabled/, /set up its replication/],
    [1, /initial replication has not started/, /Start initial replication/],
    [2, /initial replication is not complete/, /Wait/],
    [3, /replicates normally and was not failed over/, /nothing to bring back/],
    [4, /planned failover is prepared/, /revert/],
    [7, /suspended/, /resume replication/],
    [8, /8 \(critical\): .*needs an administrator/, /event log/],
    [9, /waits for a resynchronisation/, /Start the resynchronisation/],
    [10, /resynchronisation is running/, /Wait/],
    [11, /resynchronisation is suspended/, /Resume/],
    [12, /failover is running/, /Wait until the failover ends/],
    [15, /disks is being changed/, /Wait/],
    [16, /disks has failed/, /Compare the disks/],
    [17, /host itself does not know/, /Virtual Machine Management service/],
    [18, /another role/, /Wait/],
    [19, /synchronous replication/, /revert/],
    [20, /group/, /group/],
    [21, /test failover/, /End the test failover/],
    [99, /99 \(unknown\): this failback does not know/, /Look at the machine/],
  ])('in state %i', (state, message, remedy) => {
    const { verdict, reasons } = check({ replication: { state } });
    expect(verdict).toBe('blocked');
    expect(reasons).toEqual([{ code: 'state', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) }]);
    expect(reasons[0]?.message).toMatch(/starts from 6 \(committed\) or 5 \(recovered\)$/);
  });

  it('has advice of its own for every documented state that is no start state', () => {
    const others = Object.values(ReplicationState).filter((state) => ![13, 14].includes(state));
    const messages = others.map((state) => check({ replication: { state }, settings: { startStates: [] } }).reasons[0]?.message);
    expect(new Set(messages).size).toBe(others.length);
    expect(messages.filter((message) => message?.includes('does not know the state;') && !message.includes('host itself'))).toEqual([]);
  });

  it.each([
    [5, [6], /add 5 to startStates/],
    [6, [5], /Add 6 to startStates/],
  ])('in state %i when the plan starts from %j only', (state, startStates, remedy) => {
    expect(check({ replication: { state }, settings: { startStates } }).reasons).toMatchObject([
      { code: 'state', remedy: expect.stringMatching(remedy) },
    ]);
  });

  it.each([
    [EnabledState.Running, /Shut the machine down/],
    [EnabledState.ShuttingDown, /Wait/],
    [EnabledState.Saved, /discard its saved state/],
    [EnabledState.Paused, /Resume/],
    [EnabledState.Starting, /who started/],
    [EnabledState.Unknown, /turn it off/],
    [4711, /turn it off/],
  ])('when its power is %i', (power, remedy) => {
    expect(check({ vm: { power } }).reasons).toMatchObject([
      { code: 'power', message: expect.stringContaining('needs 3 (off)'), remedy: expect.stringMatching(remedy) },
    ]);
  });

  it('when strategy auto does not know the provider', () => {
    expect(check({ providerId: null })).toMatchObject({ verdict: 'blocked', strategy: null, reasons: [{ code: 'provider' }] });
  });

  it.each([
    [JobState.New, 107, /Wait until the job ends/],
    [JobState.Running, 107, /Wait until the job ends/],
    [JobState.Suspended, 107, /Wait until the job ends/],
    [JobState.Service, 107, /Wait until the job ends/],
  ])('by a job in state %i of type %i', (jobState, jobType, remedy) => {
    expect(check({ jobs: [{ ...job, jobState, jobType }] }).reasons).toEqual([
      {
        code: 'job',
        message: expect.stringMatching(/^job J1 of type .* started by CONTOSO\\backup$/),
        remedy: expect.stringMatching(remedy),
      },
    ]);
  });

  it.each([124, 123])('not by a failback job of type %i that somebody started: it is adopted', (jobType) => {
    expect(check({ jobs: [{ ...job, jobState: JobState.Running, jobType }] })).toMatchObject({ verdict: 'already-under-way', reasons: [] });
  });

  it('by critical health, once', () => {
    expect(codes({ replication: { health: 3 } })).toEqual(['replication-health']);
    expect(codes({ replication: { health: 3, state: 8 } })).toEqual(['state']);
  });

  it('by lost storage', () => {
    expect(codes({ vm: { operationalStatus: [3] } })).toEqual(['machine-degraded']);
  });

  it('for every reason at once', () => {
    const c: Case = {
      replication: { state: 10, health: 3 },
      vm: { power: 2, operationalStatus: [3] },
      providerId: null,
      jobs: [job, { ...job, jobId: 'J2' }],
    };
    expect(codes(c)).toEqual(['state', 'power', 'provider', 'job', 'job', 'replication-health', 'machine-degraded']);
  });
});

describe('strategy provider', () => {
  it('asks the in-box provider when the plan insists, and says what may come of it', () => {
    const result = check({ settings: { strategy: 'provider' }, providerId: IN_BOX_PROVIDER });
    expect(result).toMatchObject({ verdict: 'ready', strategy: 'provider' });
    expect(result.why).toContain('the plan asks for strategy provider; the in-box provider may answer 32770 (not supported)');
  });

  it('does not need to know the provider', () => {
    expect(check({ settings: { strategy: 'provider' }, providerId: null })).toMatchObject({ verdict: 'ready', strategy: 'provider' });
  });
});
