import { describeJobState } from '../domain/cim-job.ts';
import { describePower } from '../domain/power.ts';
import { describeReplicationHealth, describeReplicationMode, describeReplicationState } from '../domain/replication.ts';
import type { Sighting } from './run-report.ts';

/** The place of a sighting and its four facts in words: replication state, health and mode, power, job. */
export function sightingWords({ host, replicationState, replicationHealth, replicationMode, power, job }: Sighting): readonly string[] {
  return [
    host,
    replicationState === null ? 'not replicated' : describeReplicationState(replicationState),
    replicationHealth === null ? '-' : describeReplicationHealth(replicationHealth),
    describeReplicationMode(replicationMode),
    describePower(power),
    job === null ? '-' : `${describeJobState(job.state)}${job.errorCode === 0 ? '' : `, error ${job.errorCode}`}`,
  ];
}

export const SIGHTING_HEADINGS = ['host', 'replication state', 'health', 'mode', 'VM', 'job'] as const;
