import type { MemberInput, MemberSettings } from '../../../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';

const VM_ID = '6B2F0C7E-0000-4000-8000-00000000CAFE';
export const JOB_ID = '0A1B2C3D-0000-4000-8000-0000000000AA';

export const SETTINGS: MemberSettings = {
  strategy: 'provider',
  recoveryPoint: null,
  retry: { attempts: 3, backoff: 'exponential', delay: 30_000, max: 600_000, jitter: 0.2 },
  timeouts: { call: 60_000, job: 14_400_000, step: 86_400_000, doubt: 120_000, settle: 600_000 },
  after: 'none',
  startStates: [6, 5],
  start: true,
  stable: 60_000,
  probes: [],
  probing: { within: 600_000, every: 10_000 },
  reverse: {
    firstCopy: 'seeded',
    copyAt: null,
    sync: { pendingBytes: 64_000_000, latency: 600_000 },
    shutdown: { within: 300_000, turnOff: false },
    commit: 'commit',
    hold: 0,
    unseen: 300_000,
    giveUpExtended: false,
  },
  rto: null,
};

export function member(settings: Partial<MemberSettings> = {}, adopt = false): MemberInput {
  return {
    vm: 'sql01',
    vmId: VM_ID,
    host: 'hv-dr-01',
    partner: null,
    nodes: { home: ['hv-dr-01'], away: [] },
    brokers: { home: null, away: null },
    certificates: { home: null, away: null },
    adopt,
    settings: { ...SETTINGS, ...settings },
  };
}

/** What a test says about a VM: the four inputs, the rest is a committed, switched off recovery VM with a warning, as after a failover. */
export interface VmFacts {
  readonly state?: number | null;
  readonly health?: number;
  readonly mode?: number;
  readonly power?: number;
  readonly healthState?: number;
  readonly status?: number;
}

export function vm({ state = 6, health = 2, mode = 2, power = 3, healthState = 5, status = 2 }: VmFacts = {}): VmObservation {
  return {
    vmId: VM_ID,
    name: 'sql01',
    power,
    operationalStatus: [status],
    healthState,
    mode,
    replication: state === null ? null : { state, health, failedOverType: 1, lastReplicationTime: '2024-05-01T10:00:00.000Z' },
    extended: false,
    testReplica: null,
  };
}

export function job(facts: Partial<JobObservation> = {}): JobObservation {
  return {
    jobId: JOB_ID,
    jobType: 124,
    jobState: 4,
    percentComplete: 10,
    errorCode: 0,
    errorDescription: null,
    timeSubmitted: '2024-05-01T10:00:00.000Z',
    owner: 'CONTOSO\\svc-failback',
    cancellable: true,
    ...facts,
  };
}

/** The part of a watch that is the same for every member that knows only one side. */
export const HOME = { side: 'home', at: [{ side: 'home', host: 'hv-dr-01' }], sync: null } as const;
