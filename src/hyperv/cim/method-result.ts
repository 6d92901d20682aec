import { FailbackError } from '../../domain/failure.ts';
import { returnValueFailure } from '../../domain/return-value.ts';
import type { MethodResult } from '../hyperv-host.ts';
import { type CimInstance, integerOf, referenceOf } from './cim-instance.ts';

/**
 * Reads `ReturnValue` and `Job` of a method that was called.
 * @throws FailbackError `host.malformed-answer`, class `reconcile`: the method was executed, but nobody knows with what result
 */
export function readMethodResult(host: string, operation: string, output: CimInstance): MethodResult {
  const returnValue = readReturnValue(output);
  if (returnValue === null) {
    throw new FailbackError({
      class: 'reconcile',
      code: 'host.malformed-answer',
      message: `The answer of host ${host} to ${operation} has no usable return value`,
      remedy: 'The host is looked at before anything else; report the product and version it names.',
      details: { host, operation, sent: true },
    });
  }
  return { returnValue, jobId: referenceOf(output, 'Job')?.keys.get('InstanceID') || null };
}

/** What a method says that was called and did not do it. */
export function methodRefused(operation: string, returnValue: number): FailbackError {
  const failure = returnValueFailure(operation, returnValue);
  return new FailbackError({ ...failure, details: { ...failure.details, sent: true } });
}

function readReturnValue(output: CimInstance): number | null {
  try {
    return integerOf(output, 'ReturnValue');
  } catch {
    return null;
  }
}
