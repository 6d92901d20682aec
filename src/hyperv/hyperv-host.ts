import type { HostObservation } from '../domain/observation.ts';

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
  /** One look at the whole host. Costs a constant number of enumerations, however many machines the host has. */
  observe(scope: ObservationScope, options?: CallOptions): Promise<HostObservation>;
  /** Replication settings of every replicated machine, for pre-flight, inventory and as method parameters. By `vmId`. */
  replicationSettings(options?: CallOptions): Promise<ReadonlyMap<string, ReplicationSettings>>;
  /** `Msvm_ReplicationService.InitiateFailback`. */
  initiateFailback(request: InitiateFailbackRequest, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.CommitFailover`. */
  commitFailover(vmId: string, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ReplicationService.ReverseReplicationRelationship`: the given settings, `RecoveryConnectionPoint` := `PrimaryConnectionPoint`. */
  reverseReplicationRelationship(vmId: string, settings: ReplicationSettings, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ComputerSystem.RequestStateChange` of a virtual machine. */
  requestStateChange(vmId: string, requestedState: number, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ConcreteJob.RequestStateChange`; its return values are a family of their own (0, 1–6, 4096–4099). */
  requestJobStateChange(jobId: string, requestedState: number, control: CallControl): Promise<MethodResult>;
  /** `Msvm_ConcreteJob.GetErrorEx`: empty when the job has no error. Ask as soon as a job ends, it disappears after five minutes. */
  jobErrors(jobId: string, options?: CallOptions): Promise<readonly JobError[]>;
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
}

export interface HostIdentity {
  /** e.g. "Microsoft Corporation", from Identify. */
  readonly productVendor: string | null;
  readonly productVersion: string | null;
  readonly protocolVersion: string | null;
  /** `Win32_ComputerSystem.DNSHostName`. */
  readonly hostName: string | null;
  /** `Win32_OperatingSystem.Version`, e.g. "10.0.17763". */
  readonly osVersion: string | null;
  /** `OperationalStatus[0]` of `Msvm_ReplicationService`: 2 OK, 6 a listener is down; null when the service is not there (VMMS stopped, no Hyper-V role, no rights). */
  readonly replicationService: number | null;
  /** Host clock minus ours, milliseconds, from the HTTP Date header; null when there was none. One second of resolution. */
  readonly clockSkewMs: number | null;
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

export interface MethodResult {
  readonly returnValue: number;
  /** `InstanceID` of the job, null when the host named none (allowed with 0, seen as possible with 4096). */
  readonly jobId: string | null;
}

export interface JobError {
  readonly message: string | null;
  readonly messageId: string | null;
  readonly errorSource: string | null;
  readonly probableCause: string | null;
  readonly recommendedActions: readonly string[];
}
