import { z } from 'zod';

const state = z.number().int().min(0).max(65_535);
const afterTrouble = z.enum(['start', 'critical', 'stuck']);

/**
 * How a machine's replication behaves where Microsoft's documentation leaves it open. Every field is optional in a scenario;
 * {@link DEFAULT_VM_QUIRKS} has the defaults.
 */
export const vmQuirksSchema = z.strictObject({
  /** Replication states from which InitiateFailback is accepted. */
  failbackStartStates: z.array(state).optional(),
  /** Replication modes in which InitiateFailback is accepted. */
  failbackModes: z.array(state).optional(),
  /** InitiateFailback needs the machine to be off. */
  failbackNeedsPowerOff: z.boolean().optional(),
  /** What the in-box provider answers to InitiateFailback; `accept` runs it like an external one. */
  inBoxFailback: z.union([z.literal('accept'), z.number().int()]).optional(),
  /** A null ReplicationSettingData is refused (32773), or means "keep the current settings". */
  nullSettings: z.enum(['refuse', 'current']).optional(),
  /** InitiateFailback and InitiateFailover refuse (32775) while the other side's machine runs. */
  refuseWhilePartnerRuns: z.boolean().optional(),
  /** What InitiateFailback answers: 4096 with a job, 0 without any job, or 4096 with a null job reference. */
  failbackAnswer: z.enum(['job', 'no-job', 'null-job']).optional(),
  /** JobType of a failback job. */
  failbackJobType: z.union([z.literal(124), z.literal(123)]).optional(),
  failbackJobCancellable: z.boolean().optional(),
  /** The job ends when the data is back, or as soon as the provider has accepted the request. */
  failbackJobEnds: z.enum(['with-work', 'at-acceptance']).optional(),
  /** PercentComplete follows the copy, or stays 0 until the end. */
  percentFollowsCopy: z.boolean().optional(),
  /** Replication state shown between acceptance and the first data: a number, or `start` (the state before the call stays visible). */
  waitingState: z.union([state, z.literal('start')]).optional(),
  /** Replication state shown while data is copied. */
  copyingState: z.union([state, z.literal('start')]).optional(),
  /** Replication state shown when the data is back. */
  completeState: state.optional(),
  /** Host seconds between acceptance and the first data. */
  acceptanceSeconds: z.number().min(0).optional(),
  /** Where a failed failback leaves the replication state: back where it started, 8 (critical), or still 13. */
  afterFailure: afterTrouble.optional(),
  /** Where a cancelled failback leaves it. */
  afterCancel: afterTrouble.optional(),
  /** CommitFailover is accepted from 14 (failback complete). */
  commitFromComplete: z.boolean().optional(),
  /** ReverseReplicationRelationship is accepted from 14. */
  reverseFromComplete: z.boolean().optional(),
  /** Host seconds after which 14 becomes 6 by itself; null = never. */
  autoCommitSeconds: z.number().min(0).nullable().optional(),
  /** 14 survives a restart of the host; otherwise the state before the failback comes back. */
  completeSurvivesRestart: z.boolean().optional(),
  /** Replication state of a machine of an external provider after it was reversed. */
  providerReverseState: z.union([z.literal(1), z.literal(3)]).optional(),
  /** Replication health is 2 (warning) after a failover; otherwise 1. */
  warningAfterFailover: z.boolean().optional(),
  /** Replication states shown under another number, e.g. `{ 13: 97 }`. Methods go by the real state. */
  showStateAs: z.record(z.string().regex(/^\d+$/), state).optional(),
  /**
   * `EnabledState` shown under another number, e.g. the ones of the v1 provider: `{ 9: 32768, 6: 32769 }` (paused, saved). Methods go by
   * the real state.
   */
  showPowerAs: z.record(z.string().regex(/^\d+$/), state).optional(),
  /** Megabytes a second one transfer of this machine moves. */
  rateMBps: z.number().positive().optional(),
  /** Megabytes a second the guest writes. A change log of more than half of the disks' size is given up: state 9. */
  churnMBps: z.number().min(0).optional(),
  /** Share of the disks' size that a seeded copy and a resynchronisation send. */
  differingShare: z.number().min(0).max(1).optional(),
  /** The guest ignores a request to shut down. */
  ignoresShutdown: z.boolean().optional(),
  /** The guest begins to shut down and never ends; only turning off helps. */
  shutdownHangs: z.boolean().optional(),
  /** Host seconds a guest takes to shut down. */
  shutdownSeconds: z.number().min(0).optional(),
  /** Host seconds from power-on until the guest answers: its heartbeat is OK. */
  bootSeconds: z.number().min(0).optional(),
  /** The guest never answers, as if its integration services were missing or it did not boot. */
  neverAnswers: z.boolean().optional(),
  /** What a reversal says of a receiver that will not have the machine: a job that fails, or the call answers this number. */
  reverseRefusal: z.union([z.literal('job'), z.number().int()]).optional(),
  /** A failover that is neither planned nor committed (5) can be reversed. */
  reverseUncommitted: z.boolean().optional(),
  /** TestReplicaSystem names the new machine at once; otherwise its reference is null, and only the association leads to it. */
  testSystemNamed: z.boolean().optional(),
  /** Somebody is logged on at the guest and has locked it: a request to shut down needs Force, else 32781. */
  guestLocked: z.boolean().optional(),
});
export type VmQuirkSettings = z.infer<typeof vmQuirksSchema>;
export type VmQuirks = { readonly [K in keyof VmQuirkSettings]-?: Exclude<VmQuirkSettings[K], undefined> };

export const DEFAULT_VM_QUIRKS: VmQuirks = {
  failbackStartStates: [6, 5],
  failbackModes: [2, 4],
  failbackNeedsPowerOff: true,
  inBoxFailback: 32770,
  nullSettings: 'refuse',
  refuseWhilePartnerRuns: false,
  failbackAnswer: 'job',
  failbackJobType: 124,
  failbackJobCancellable: true,
  failbackJobEnds: 'with-work',
  percentFollowsCopy: true,
  waitingState: 13,
  copyingState: 13,
  completeState: 14,
  acceptanceSeconds: 3,
  afterFailure: 'start',
  afterCancel: 'start',
  commitFromComplete: true,
  reverseFromComplete: true,
  autoCommitSeconds: null,
  completeSurvivesRestart: true,
  providerReverseState: 3,
  warningAfterFailover: true,
  showStateAs: {},
  showPowerAs: {},
  rateMBps: 200,
  churnMBps: 0.2,
  differingShare: 0.1,
  ignoresShutdown: false,
  shutdownHangs: false,
  shutdownSeconds: 20,
  bootSeconds: 30,
  neverAnswers: false,
  reverseRefusal: 'job',
  reverseUncommitted: false,
  testSystemNamed: true,
  guestLocked: false,
};

/** How a host behaves. Every field is optional in a scenario; {@link DEFAULT_HOST_QUIRKS} has the defaults. */
export const hostQuirksSchema = z.strictObject({
  /** Host seconds a job stays after its end. */
  jobRetentionSeconds: z.number().min(0).optional(),
  /** Jobs are still there after a restart of the host or of its management service. */
  jobsSurviveRestart: z.boolean().optional(),
  /** Transfers that were running when the host went down go on where they were, start again, or fail. */
  transfersAfterRestart: z.enum(['continue', 'restart', 'fail']).optional(),
  /** Transfers in parallel; more are queued. */
  parallelTransfers: z.number().int().min(1).max(1024).optional(),
  /** WinRM's MaxEnvelopeSizekb. */
  maxEnvelopeKb: z.number().int().min(8).optional(),
  /** Seconds the host's clock is ahead of the world's. */
  clockSkewSeconds: z.number().optional(),
  /** The host accepts replicas. */
  recoveryServerEnabled: z.boolean().optional(),
  /** Who may replicate to the host: full names, `*.domain`, or `*`. */
  authorizedPrimaries: z.array(z.string().min(1)).optional(),
  /** How senders prove who they are to this host. */
  authentication: z.enum(['kerberos', 'certificate', 'both']).optional(),
  /** Thumbprint of the host's own certificate: what it must use as a sender to a host that wants certificates. */
  certificateThumbPrint: z.string().optional(),
  /** What an operation does whose machine moves to another node: it goes on there without its job, or fails. */
  workAfterMove: z.enum(['continue', 'fail']).optional(),
  /** False: the management service is stopped; the service objects are gone. */
  managementServiceRuns: z.boolean().optional(),
  /** Win32_OperatingSystem.Version. */
  osVersion: z.string().optional(),
  /** False: the Hyper-V role is not installed, there is no namespace root/virtualization/v2. */
  hyperVRole: z.boolean().optional(),
  /**
   * What the account is on this host. A Hyper-V administrator may not read Windows services and WinRM's configuration; to a remote user
   * Hyper-V shows nothing; without the namespace root/virtualization/v2 may not even be opened.
   */
  account: z.enum(['administrator', 'hyper-v-administrator', 'remote-user', 'no-namespace']).optional(),
});
export type HostQuirkSettings = z.infer<typeof hostQuirksSchema>;
export type HostQuirks = { readonly [K in keyof HostQuirkSettings]-?: Exclude<HostQuirkSettings[K], undefined> };

export const DEFAULT_HOST_QUIRKS: HostQuirks = {
  jobRetentionSeconds: 300,
  jobsSurviveRestart: false,
  transfersAfterRestart: 'continue',
  parallelTransfers: 3,
  maxEnvelopeKb: 500,
  clockSkewSeconds: 0,
  recoveryServerEnabled: true,
  authorizedPrimaries: ['*'],
  authentication: 'kerberos',
  certificateThumbPrint: '',
  workAfterMove: 'continue',
  managementServiceRuns: true,
  osVersion: '10.0.17763',
  hyperVRole: true,
  account: 'administrator',
};

/** The later settings win; a field that is undefined sets nothing. */
export function withQuirks<Q extends object>(base: Q, ...settings: (Partial<{ [K in keyof Q]: Q[K] | undefined }> | undefined)[]): Q {
  const merged = { ...base };
  for (const layer of settings) {
    for (const [name, value] of Object.entries(layer ?? {})) if (value !== undefined) Object.assign(merged, { [name]: value });
  }
  return merged;
}
