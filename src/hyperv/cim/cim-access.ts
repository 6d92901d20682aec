import type { HostLogOn, HostTls } from '../host-facts.ts';
import type { Call } from './call.ts';
import type { CimInstance, ObjectReference } from './cim-instance.ts';
import { requireGuid } from './vm-id.ts';

/**
 * What is asked of a host's CIM, however it travels. Every method throws `FailbackError`; `details.sent` is as `HyperVHost` promises.
 */
export interface CimAccess {
  /** Name the plan gives the host. */
  readonly host: string;
  /** Who answers. Fails only for a host that cannot be reached or refuses the log-on. */
  identify(call: Call): Promise<Identification>;
  readonly list: ClassList;
  query(query: CimQuery, call: Call): Promise<readonly CimInstance[]>;
  /** One object. @throws FailbackError `host.not-found` where the host can tell */
  get(object: ObjectReference, call: Call): Promise<CimInstance>;
  /** The object of a singleton, as the host itself refers to it; null when there is none. */
  singleton(namespace: string, className: string, call: Call): Promise<ObjectReference | null>;
  /** Calls a method once; it is repeated only when it has no effect. @returns the out-parameters with `ReturnValue` */
  invoke(request: MethodRequest, call: Call): Promise<CimInstance>;
  /** The configuration of the service that answers (`winrm/config`); null where this way to the host does not lead to it. */
  configuration(call: Call): Promise<CimInstance | null>;
}

/** Reads all instances of a class. */
export type ClassList = (projection: ClassProjection, call: Call) => Promise<readonly CimInstance[]>;

export interface Identification {
  readonly productVendor: string | null;
  readonly productVersion: string | null;
  readonly protocolVersion: string | null;
  /** Host clock minus ours, milliseconds, as good as the host's resolution allows; null when it does not tell. */
  readonly clockSkewMs: number | null;
  /** How the connection is protected; null without TLS, and where this way to the host does not tell. */
  readonly tls: HostTls | null;
  /** How it was logged on; null where this way to the host does not tell. */
  readonly logOn: HostLogOn | null;
}

/**
 * A class and the properties we read of it; all of them when there are none. Fixed texts, and a GUID that was checked: nothing else gets
 * into a query.
 */
export interface ClassProjection {
  readonly namespace: string;
  readonly className: string;
  readonly properties: readonly string[];
  /** Only instances whose property is this GUID; the property must be among `properties`. */
  readonly where?: { readonly property: string; readonly guid: string };
}

export interface CimQuery {
  readonly namespace: string;
  /** Class of the instances that are expected, for messages. */
  readonly className: string;
  /** A fixed text of ours, with nothing but checked GUIDs put in. */
  readonly wql: string;
}

/** CIM types of the parameters we use. Not every way of access carries them, where one does they must be right. */
export type ParameterType = 'string' | 'boolean' | 'uint16' | 'uint32' | 'datetime' | 'reference';

/** In-parameter of a method, in the order of the method's signature. A `datetime` is CIM text. */
export type MethodParameter =
  | readonly [name: string, type: Exclude<ParameterType, 'reference'>, value: string]
  | readonly [name: string, type: 'reference', value: ObjectReference];

export interface MethodRequest {
  readonly className: string;
  /** Without keys: a static method of the class. */
  readonly target: ObjectReference;
  readonly method: string;
  readonly parameters: readonly MethodParameter[];
  /** Of a call with an effect; null only for methods without any, which may be repeated. */
  readonly change: ChangeControl | null;
}

export interface ChangeControl {
  /** UUID. */
  readonly messageId: string;
  /** `performance.now()` value after which nothing may leave any more. */
  readonly sendBy: number;
}

/** e.g. "Msvm_ReplicationService.InitiateFailback" */
export function operationOf({ className, method }: Pick<MethodRequest, 'className' | 'method'>): string {
  return `${className}.${method}`;
}

/** A projection as WQL. @throws FailbackError `usage.invalid` for what is no GUID */
export function wqlOf({ className, properties, where }: ClassProjection): string {
  const columns = properties.length === 0 ? '*' : properties.join(', ');
  const condition = where === undefined ? '' : ` WHERE ${where.property} = '${requireGuid(`value of ${where.property}`, where.guid)}'`;
  return `SELECT ${columns} FROM ${className}${condition}`;
}
