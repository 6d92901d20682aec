import { enumerateOperation, pullOperation, releaseOperation } from './enumerate-operation.ts';
import { faults } from './fault.ts';
import { getOperation } from './get-operation.ts';
import { invokeOperation } from './invoke-operation.ts';
import { ACTION, NS } from './namespaces.ts';
import type { Operation, WireHost } from './operation.ts';
import type { SoapMessage, SoapRequest } from './soap-request.ts';

const OPERATIONS: ReadonlyMap<string, (wire: WireHost, request: SoapRequest) => Operation> = new Map([
  [ACTION.get, getOperation],
  [ACTION.enumerate, enumerateOperation],
  [ACTION.pull, pullOperation],
  [ACTION.release, releaseOperation],
]);

/** Namespaces whose other actions (Put, Create, Subscribe, …) this server does not have. */
const STANDARD_ACTIONS = /^http:\/\/schemas\.xmlsoap\.org\/ws\//i;

/** Finds out what a request wants. Throws the fault when it cannot be understood. */
export function understand(wire: WireHost, request: SoapRequest): Operation {
  const known = OPERATIONS.get(request.action);
  if (known !== undefined) return known(wire, request);
  if (STANDARD_ACTIONS.test(request.action)) throw faults.actionNotSupported(request.action);
  return invokeOperation(wire, request);
}

export function isIdentify({ payload }: SoapMessage): boolean {
  return payload?.localName === 'Identify' && payload.namespace === NS.identity;
}
