import type { CimHost, RequestInfo } from '../cim.ts';
import type { EnumerationStore } from './enumeration-store.ts';
import type { InstanceXml } from './instance-xml.ts';
import type { SoapRequest } from './soap-request.ts';

/** What the operations of one served host share. */
export interface WireHost {
  readonly host: CimHost;
  readonly instanceXml: InstanceXml;
  readonly enumerations: EnumerationStore;
}

/** The successful outcome of a request: the SOAP action and the content of the Body. */
export interface Answer {
  readonly action: string;
  readonly body: string;
}

/** A request that was understood, not yet carried out. */
export interface Operation {
  readonly info: RequestInfo;
  /** Carries the request out. Throws WireFault. `user` is the name that logged on. */
  carryOut(user: string): Answer | Promise<Answer>;
}

/** The most bytes the answer to this request may have. */
export function answerLimit({ host }: WireHost, request: Pick<SoapRequest, 'maxEnvelopeBytes'>): number {
  return Math.min(host.maxEnvelopeBytes, request.maxEnvelopeBytes ?? Number.POSITIVE_INFINITY);
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** The GUID of the virtual machine that keys point at (`Name`, or the GUID an `InstanceID` carries), upper case; null when there is none. */
export function vmIdIn(keys: Iterable<readonly [name: string, value: string]>): string | null {
  for (const [name, value] of keys) {
    const isCandidate = name.toLowerCase() === 'name' || (name.toLowerCase() === 'instanceid' && /^microsoft:/i.test(value));
    const guid = isCandidate ? GUID.exec(value) : null;
    if (guid !== null) return guid[0].toUpperCase();
  }
  return null;
}
