import { describeJobState } from '../domain/cim-job.ts';
import { describePower } from '../domain/power.ts';
import { describeReplicationHealth, describeReplicationMode, describeReplicationState } from '../domain/replication.ts';
import type { Sighting } from './run-report.ts';

/** The four facts of a sighting in words: replication state, health and mode, power, job. */
export function sightingWords({ replicationState, replicationHealth, replicationMode, power, job }: Sighting): readonly string[] {
  return [
    replicationState === null ? 'not replicated' : describeReplicationState(replicationState),
    replicationHealth === null ? '-' : describeReplicationHealth(replicationHealth),
    describeReplicationMode(replicationMode),
    describePower(power),
    job === null ? '-' : `${describeJobState(job.state)}${job.errorCode === 0 ? '' : `, error ${job.errorCode}`}`,
  ];
}

export const SIGHTING_HEADINGS = ['replication state', 'health', 'mode', 'VM', 'job'] as const;
