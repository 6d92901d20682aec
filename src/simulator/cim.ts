/**
 * The seam inside the simulator: `wire/` speaks WS-Management and knows no Hyper-V, `world/` plays Hyper-V and knows no
 * XML. Between them stand CIM classes, instances and references.
 */
export type CimType = 'string' | 'boolean' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'sint32' | 'datetime' | 'reference';

export interface CimPropertyDefinition {
  readonly name: string;
  readonly type: CimType;
  readonly array?: boolean;
  readonly key?: boolean;
}

export interface CimClass {
  /** e.g. `root/virtualization/v2`, forward slashes, lower case. */
  readonly namespace: string;
  readonly name: string;
  readonly properties: readonly CimPropertyDefinition[];
  /** Method name → in-parameters. Out-parameters are whatever the outcome carries. */
  readonly methods: Readonly<Record<string, readonly CimPropertyDefinition[]>>;
}

export interface CimReference {
  readonly namespace: string;
  readonly className: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Numbers are JS numbers except uint64, which is decimal text. Datetimes are CIM text (`yyyymmddHHMMSS.mmmmmm±UUU`). */
export type CimScalar = string | number | boolean | CimReference;
export type CimValue = null | CimScalar | readonly CimScalar[];

export interface CimInstance {
  readonly class: CimClass;
  /** Every property of the class has an entry; null where it has no value. */
  readonly values: Readonly<Record<string, CimValue>>;
}

export interface MethodCall {
  /** The instance the selectors matched (exactly one; partial keys are allowed); of a static method one without values. */
  readonly target: CimInstance;
  readonly method: string;
  /** By parameter name. Embedded instances arrive as their CIM-XML text, references as CimReference. Missing = absent, null = xsi:nil. */
  readonly args: Readonly<Record<string, CimValue>>;
  /** WS-Addressing MessageID of the request, as sent. */
  readonly messageId: string;
  readonly user: string;
}

export interface MethodOutcome {
  readonly returnValue: number;
  /** Out-parameters beside ReturnValue. */
  readonly out: Readonly<Record<string, CimValue>>;
}

/** A request the wire understood, before it is carried out. `log-on` is one step of Negotiate, Kerberos or NTLM. */
export interface RequestInfo {
  readonly kind: 'log-on' | 'identify' | 'get' | 'enumerate' | 'pull' | 'release' | 'invoke' | 'other';
  readonly className: string | null;
  readonly method: string | null;
  /** `Name`/GUID of the virtual machine the request is about, upper case, when one can be told (selector or ComputerSystem argument). */
  readonly vmId: string | null;
  readonly messageId: string | null;
}

/** What the world does to a request on the level of the network. All parts may be combined; `{}` is a normal answer. */
export interface Disposition {
  /** Real milliseconds before the request is carried out. */
  readonly delayBeforeMs?: number;
  /** Real milliseconds between effect and answer. */
  readonly delayAfterMs?: number;
  /** Cut the connection: before the effect (nothing happens on the host) or after it (the answer is lost). */
  readonly drop?: 'before' | 'after';
  /** Answer 401 although the credentials are right, or this SOAP fault, instead of carrying the request out. */
  readonly refuse?: 'unauthorized' | SoapFault;
}

export interface SoapFault {
  readonly code: 'Sender' | 'Receiver';
  /** Prefixed with `wsman:`, `wsa:` or `wsen:`, e.g. `wsman:AccessDenied`, `wsman:EncodingLimit`, `wsman:TimedOut`. */
  readonly subcode: string;
  readonly reason: string;
  /** FaultDetail URI and/or the WSManFault code Windows puts in the detail, e.g. 0x80338048. */
  readonly detail?: string;
  readonly wsmanFaultCode?: number;
}

/** One simulated Hyper-V host as `wire/` serves it. Instances are computed at the moment they are asked for. */
export interface CimHost {
  /** NetBIOS name: what `__SERVER` means in WQL. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** WinRM's MaxEnvelopeSizekb × 1024: a larger answer is the EncodingLimit fault; pages are cut to fit. */
  readonly maxEnvelopeBytes: number;
  /** The account may read WinRM's own configuration. */
  readonly mayReadConfiguration: boolean;
  /** The host's clock, milliseconds since the epoch (drives the HTTP Date header). */
  now(): number;
  class(namespace: string, name: string): CimClass | undefined;
  classes(namespace: string): Iterable<CimClass>;
  instances(cls: CimClass): Iterable<CimInstance>;
  /** Direct access by full or partial key, for scale; undefined = no shortcut, the wire filters `instances`. Keys compare without regard to case. */
  find(cls: CimClass, keys: Readonly<Record<string, string>>): readonly CimInstance[] | undefined;
  /** `ASSOCIATORS OF {source} WHERE AssocClass = … ResultClass = …` (both optional). */
  associators(source: CimReference, assocClass: string | null, resultClass: string | null): Iterable<CimInstance>;
  invoke(call: MethodCall): Promise<MethodOutcome>;
  /** Asked once per request, before anything is carried out. */
  disposition(request: RequestInfo): Disposition;
  /** False while the host is down or rebooting: the wire refuses or resets connections (and closes those that are open when it goes down). */
  readonly up: boolean;
  /** Called when `up` changes. Returns an unsubscribe function. */
  onPower(listener: (up: boolean) => void): () => void;
}
