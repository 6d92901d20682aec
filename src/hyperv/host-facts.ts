import type { Failure } from '../domain/failure.ts';

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
  /** Host clock minus ours, milliseconds: from the HTTP Date header (one second of resolution), else `Win32_OperatingSystem.LocalDateTime`; null without either. */
  readonly clockSkewMs: number | null;
  /** How the connection is protected that was asked on; null without TLS, and where the way to the host does not tell. */
  readonly tls: HostTls | null;
  /** How that connection was logged on; null where the way to the host does not tell. */
  readonly logOn: HostLogOn | null;
}

/** What came of an attempt. */
export type Trial = { readonly may: true } | { readonly may: false; readonly failure: Failure };

export interface HostRights {
  /** Reading namespace `root\cimv2`. */
  readonly windows: Trial;
  /** Reading namespace `root\virtualization\v2`. */
  readonly hyperV: Trial;
  /**
   * Hyper-V shows its management and its replication service. It shows nothing while VMMS is stopped, nor to those who are neither Hyper-V
   * administrators nor administrators of the host. Null when the namespace may not be read.
   */
  readonly services: boolean | null;
  /** Calling `Msvm_ReplicationService.GetSystemCertificates`, which only reads; null: not tried, there is no service to call. */
  readonly methods: Trial | null;
  /** `State` of the Windows service `vmms`, e.g. "Running"; null: not to be read, or there is no such service. */
  readonly vmms: string | null;
}

export interface HostLimits {
  /** Null: only administrators may read it, or the way to the host does not lead to it. */
  readonly winrm: WinRmLimits | null;
  /** `MaximumActiveTransfers` in the registry; `default` when it is not set, null when it may not be read. */
  readonly activeTransfers: number | 'default' | null;
}

/** `winrm/config`; null: not in the answer. */
export interface WinRmLimits {
  /** `MaxEnvelopeSizekb` */
  readonly maxEnvelopeKb: number | null;
  /** `MaxConcurrentOperationsPerUser` */
  readonly operationsPerUser: number | null;
  /** `MaxConnections` */
  readonly connections: number | null;
}

export interface ReplicationProvider {
  /** GUID, upper case. */
  readonly id: string;
  /** `ElementName`; null when it has none. */
  readonly name: string | null;
}

/** How a connection to a host is protected. */
export interface HostTls {
  /** e.g. "TLSv1.3" */
  readonly protocol: string;
  /** By its IANA name, e.g. "TLS_AES_256_GCM_SHA384". */
  readonly cipher: string;
  readonly certificate: HostCertificate;
}

/** The certificate a host showed. */
export interface HostCertificate {
  /** e.g. "CN=hv-dr-01.contoso.example, O=Contoso" */
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and IP addresses it is for. */
  readonly names: readonly string[];
  /** Milliseconds of the epoch. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** SHA-256, 64 upper-case hex digits in pairs with colons: the form a plan pins. */
  readonly fingerprint: string;
}

/** How a connection was logged on. */
export interface HostLogOn {
  readonly scheme: 'negotiate' | 'kerberos' | 'ntlm' | 'basic' | 'certificate';
  /** What was agreed on; null for schemes that leave nothing to agree on. */
  readonly mechanism: 'Kerberos' | 'NTLM' | null;
  /** As it was given for the log-on; null: whoever the certificate or the tickets belong to. */
  readonly account: string | null;
  /** Messages are sealed by the log-on itself, whatever they travel in. */
  readonly sealed: boolean;
}
