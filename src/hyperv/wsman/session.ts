import type { Call } from '../cim/call.ts';
import type { Message } from './envelope.ts';
import type { LogOn } from './log-on/log-on.ts';
import type { SoapExchange } from './soap-exchange.ts';

/** What all operations on one host share. */
export interface Session {
  /** Name the plan gives the host. */
  readonly host: string;
  readonly exchange: SoapExchange;
  readonly scheme: LogOn['scheme'];
  /** Largest list accepted, bytes of all its pages. */
  readonly maxListBytes: number;
  /** Page sizes that fit into the host's envelopes, by class; learned, lost with the session. */
  readonly pageSizes: Map<string, number>;
  headers(call: Call): Pick<Message, 'to' | 'maxEnvelopeSize' | 'operationTimeoutMs'>;
  /** Closes connections nobody uses. */
  dropIdle(): void;
  /** Lets something go on whose result nobody needs; closing waits for it. */
  background(work: Promise<unknown>): void;
}
