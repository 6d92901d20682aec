import type { HostObservation, ReplicationStatistics } from '../domain/observation.ts';
import type { HostIdentity, HostLimits, HostRights, ReplicationProvider } from './host-facts.ts';

export type { HostIdentity, HostLimits, HostRights, HostTls, ReplicationProvider } from './host-facts.ts';

/**
 * One Hyper-V host as the product sees it, whichever way it is reached. Every method throws `FailbackError`; the
 * error's class says how to go on, and `details.sent` (boolean) of a failed call says whether the request may have
 * reached the host: `false` is a promise that it did not.
 */
export interface HyperVHost {
  /** The name the plan gives the host. */
  readonly name: string;
  /**
   * Gets everything ready that a request needs from this process (credentials, certificate authorities), and sends nothing: what it
   * throws says something about this process, never about the host.
   */
  prepare(options?: CallOptions): Promise<void>;
  /** Who answers: protocol, product, host name, Windows version, Hyper-V present. Used by `hosts check`. */
  identify(options?: CallOptions): Promise<HostIdentity>;
  /** What the account may do, found out by trying: reads, and one method that only reads. Never fails for what it may not do. */
  tryRights(options?: CallOptions): Promise<HostRights>;
  /** What bounds the work with the host, as far as the account may read it. Never fails for what it may not read. */
  limits(options?: CallOptions): Promise<HostLimits>;
  /** `Msvm_ReplicationProvider`: who can move the data of machines. */
  replicationProviders(options?: CallOptions): Promise<readonly ReplicationProvider[]>;
  /**
   * One look at the whole host. Costs a constant number of enumerations, however many machines the host has; one more while there are
   * test replicas, and one call for each machine whose statistics are wanted. Statistics that are not to be had never spoil the look.
   */
  observe(scope: ObservationScope, options?: CallOptions): Promise<HostObservation>;
  /** Replication settings of every replicated machine, for pre-flight, inventory and as method parameters. By `vmId`. */
  replicationSettings(options?: CallOptions): Promise<ReadonlyMap<string, ReplicationSettings>>;
  /**
   * What decides whether the machine may be started elsewhere, in one small request: for the look immediately before a dangerous call.
   * Null when the host has no such machine; on a cluster it may be on another node.
   */
  powerOf(vmId: string, options?: CallOptions): Promise<MachinePower | null>;
  /** `OperationalStatus[0]` of the machine's `Msvm_HeartbeatComponent`: whether its guest answers. */
  heartbeat(vmId: string, options?: CallOptions): Promise<Heartbeat>;
  /** The machine's test replica (`Msvm_ReplicaSystemDependency`); null when there is none. */
  testReplicaOf(vmId: string, options?: CallOptions): Promise<string | null>;
  /**
   * `Msvm_ReplicationService.GetReplicationStatistics`, of the primary relationship; ask the host that sends.
   * @throws FailbackError `wmi.…` as the return value says, `wmi.invalid-state` for a machine that is not replicated
   */
  replicationStatistics(vmId: string, options?: CallOptions): Promise<MeasuredReplication>;
  /**
   * Virtual size of the machine's replicated disks together: what the change log's limit is made of. Costs a request for each disk and two
   * more, so ask once and keep it. Null when the host does not tell it of every disk.
   * @throws FailbackError when the host can not be asked, has no such replicated machine, or refuses to look at a disk (`wmi.…`)
   */
  replicatedDiskBytes(vmId: string, options?: CallOptions): Promise<number | null>;
  /** `Msvm_ReplicationAuthorizationSettingData`: who may replicate to this host. */
  authorizationEntries(options?: CallOptions): Promise<readonly AuthorizationEntry[]>;
  /** `Msvm_ReplicationServiceSettingData`: the host as a receiver of replicas; null when it shows none. */
  replicationServerSettings(options?: CallOptions): Promise<ReplicationServerSettings | null>;
  /** `Msvm_ReplicationService.InitiateFailback`. */
  initiateFailback(request: InitiateFailbackRequest, control: CallControl): Promise<MethodResult>;
  /**
   * `Msvm_ReplicationService.InitiateFailover` of a replica that is off: 3, 7, 10 or 15 → 12 → 5. It is a planned one when the primary is
   * in 4. The host is not known to check whether the primary runs.
   * @param recoveryPoint `InstanceID` of the point's `Msvm_VirtualSystemSettingData`; null is the latest
   */
  initiateFailover(vmId: string, recoveryPoint: string | null, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.CommitFailover`: 5 → 6. Recovery points are merged away, it can not be undone. */
  commitFailover(vmId: string, control: CallControl): Promise<MethodResult>;
  /**
   * `Msvm_ReplicationService.RevertFailover` of a machine that is off: 5 or 12 → 3 on a replica, with everything that was written since lost;
   * 4 → 3 on a primary that was prepared.
   */
  revertFailover(vmId: string, control: CallControl): Promise<MethodResult>;
  /**
   * `Msvm_ReplicationService.ReverseReplicationRelationship` of a machine that was failed over: it becomes the primary, in 1, after a
   * planned failover in 3.
   * @throws FailbackError `state.unexpected`, nothing sent, when nobody says where the data is to go
   */
  reverseReplicationRelationship(request: ReverseReplicationRequest, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.StartReplication` of a primary in 1: → 2 → 3. The other side must be a replica in 2. */
  startReplication(vmId: string, start: InitialReplication, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.Resynchronize` of a primary in 9 (7, 8, 11): → 10 → 3. @param startTime null is now */
  resynchronize(vmId: string, startTime: Date | null, control: CallControl): Promise<MethodResult>;
  /**
   * `Msvm_ComputerSystem.RequestReplicationStateChangeEx` for the primary relationship.
   * @param requestedState a `RequestedReplicationState`
   */
  requestReplicationStateChange(vmId: string, requestedState: number, control: CallControl): Promise<MethodResult>;
  /**
   * `Msvm_ShutdownComponent.InitiateShutdown`: asks the guest, which may refuse, hang or take its time. 0 says only that it was asked.
   * @throws FailbackError `vm.no-guest-services`, nothing sent, when nobody in the guest can be asked
   */
  initiateShutdown(vmId: string, shutdown: GuestShutdown, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.TestReplicaSystem` of a replica in 3 or 7, latest point: makes a machine of mode 3 beside it, off, without a network. */
  testReplicaSystem(vmId: string, control: CallControl): Promise<TestReplicaResult>;
  /**
   * `Msvm_VirtualSystemManagementService.DestroySystem` of a test replica that is off.
   * @throws FailbackError, nothing sent: `vm.not-found`; `state.unexpected` for a machine that is no test replica, which is never deleted
   */
  destroyTestReplica(testVmId: string, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ComputerSystem.RequestStateChange` of a virtual machine. */
  requestStateChange(vmId: string, requestedState: number, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ConcreteJob.RequestStateChange`; its return values are a family of their own (0, 1–6, 4096–4099). */
  requestJobStateChange(jobId: string, requestedState: number, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ConcreteJob.GetErrorEx`: empty when the job has no error. Ask as soon as a job ends, it disappears after five minutes. */
  jobErrors(jobId: string, options?: CallOptions): Promise<readonly CimError[]>;
  /** Closes pooled connections. */
  close(): Promise<void>;
}

export interface CallOptions {
  /** Milliseconds until the call is given up; default 60,000 (WinRM's own bound for one request). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Control of a call that is not idempotent. */
export interface CallControl extends CallOptions {
  /** The WS-Addressing MessageID, a UUID made from run, member and attempt: the same intention never has two. */
  readonly messageId: string;
  /**
   * `performance.now()` value after which the request must not leave this process any more. Checked immediately before the first
   * byte is written, on a connection that is already open; past it the call fails with `host.not-sent`.
   */
  readonly sendBy: number;
}

export interface ObservationScope {
  /** Read `Msvm_AffectedJobElement` too: needed where a job must be attributed to a machine. */
  readonly jobsOfVm: boolean;
  /** Machines whose replication statistics are wanted, by `vmId`; default none. */
  readonly statistics?: readonly string[];
}

export interface MachinePower {
  /** `EnabledState`. */
  readonly power: number;
  /** `ReplicationMode`. */
  readonly mode: number;
  /** `ReplicationState` of the primary relationship as the machine itself shows it; 0 when it is not replicated. */
  readonly state: number;
}

/**
 * `ok` the guest answers · `no-contact` not yet, or nobody in it who could · `lost` it did and does not any more · `none` nothing to expect:
 * the machine is off or paused, or its guest services do not fit
 */
export type Heartbeat = 'ok' | 'no-contact' | 'lost' | 'none';

export interface MeasuredReplication {
  /** The latest window; null when the host has none yet. */
  readonly statistics: ReplicationStatistics | null;
  /** Why the health is not OK, as the host puts it. */
  readonly issues: readonly CimError[];
}

export interface AuthorizationEntry {
  /** A host's full name, `*.domain` or `*`. */
  readonly allowedPrimaryHostSystem: string;
  readonly trustGroup: string | null;
  readonly replicaStorageLocation: string | null;
}

export interface ReplicationServerSettings {
  /** `RecoveryServerEnabled`. */
  readonly enabled: boolean;
  /** `AllowedAuthenticationType`: 0 undefined, 1 Kerberos, 2 certificate, 3 both. */
  readonly authenticationType: number;
  /** Of the host's own certificate; null when none is set. */
  readonly certificateThumbprint: string | null;
  readonly httpPort: number | null;
  readonly httpsPort: number | null;
}

/** `Msvm_ReplicationSettingData` as the host gave it: handed back unchanged as a method parameter, never built by us. */
export interface ReplicationSettings {
  readonly vmId: string;
  /** `Msvm_ReplicationProvider.Name` (GUID, upper case); null when the reference could not be read. */
  readonly providerId: string | null;
  readonly primaryConnectionPoint: string | null;
  readonly recoveryConnectionPoint: string | null;
  readonly primaryHostSystem: string | null;
  readonly recoveryHostSystem: string | null;
  /** Seconds: 30, 300 or 900. */
  readonly replicationInterval: number | null;
  /** All properties in the order and with the types of the host. */
  readonly properties: readonly CimProperty[];
}

export interface CimProperty {
  readonly name: string;
  readonly type: string;
  /** Null, one value, or an array's values, as text. */
  readonly value: string | null | readonly string[];
}

export interface InitiateFailbackRequest {
  readonly vmId: string;
  readonly settings: ReplicationSettings;
  /** The provider's opaque token; null (the latest point) leaves the parameter out. */
  readonly recoveryPointIdentifier: string | null;
}

export interface ReverseReplicationRequest {
  readonly vmId: string;
  readonly settings: ReplicationSettings;
  /** Where data goes afterwards: a host, or the Replica Broker of its cluster. Null is where it came from (`PrimaryConnectionPoint`). */
  readonly recoveryConnectionPoint: string | null;
  /** Certificate this host logs on to the other one with; null keeps what the settings have. Needed for `AuthenticationType` 2. */
  readonly certificateThumbprint: string | null;
}

export interface InitialReplication {
  /** `InitialReplicationType`: 1 everything over the network, 3 compared with what the other side has. */
  readonly type: 1 | 3;
  /** Null is now. */
  readonly startTime: Date | null;
}

export interface GuestShutdown {
  /** Close programs although they have data that is not saved. */
  readonly force: boolean;
  /** For the guest's event log. */
  readonly reason: string;
}

export interface MethodResult {
  readonly returnValue: number;
  /** `InstanceID` of the job, null when the host named none (allowed with 0, seen as possible with 4096). */
  readonly jobId: string | null;
}

export interface TestReplicaResult extends MethodResult {
  /** `vmId` of the test replica; null while it is being made, see `testReplicaOf`. */
  readonly testVmId: string | null;
}

/** `Msvm_Error`. */
export interface CimError {
  readonly message: string | null;
  readonly messageId: string | null;
  readonly errorSource: string | null;
  readonly probableCause: string | null;
  readonly recommendedActions: readonly string[];
}
