import { FAILURE_CODES, FailbackError } from '../../src/domain/failure.ts';
import { AnswerRefused } from '../../src/hyperv/powershell/script-answer.ts';
import { SecurityError } from '../../src/hyperv/wsman/log-on/security-context.ts';
import { TransportError } from '../../src/hyperv/wsman/transport-failure.ts';
import { XmlRefused } from '../../src/hyperv/xml/xml-reader.ts';
import { tellsSecret } from './secrets.ts';

/** A promise that a case found broken. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export type ErrorClass = new (...args: never[]) => Error;

/** Errors of what is below the port. */
export const INSIDE: readonly ErrorClass[] = [XmlRefused, SecurityError, TransportError, AnswerRefused, FailbackError];

const CLASSES = ['retryable', 'reconcile', 'operator', 'permanent'];
/** Longest message, characters: what a host says is cut. */
const MAX_MESSAGE = 2_000;

/**
 * Tells what came out of an error, in a word or two.
 * @param allowed what may be thrown there
 * @param basic the host knows the token of Basic authentication
 * @throws Finding for every other error, and for one that is not as it has to be
 */
export function outcomeOf(error: unknown, allowed: readonly ErrorClass[], basic = true): string {
  if (error instanceof Finding) throw error;
  if (!(error instanceof Error)) throw new Finding(`threw what is no error: ${String(error)}`);
  if (!allowed.some((known) => error.constructor === known)) throw new Finding(`threw ${error.name}: ${error.stack}`);
  if (tellsSecret(error, basic)) throw new Finding(`tells a secret: ${error.message}`);
  if (error.message === '' || error.message.length > MAX_MESSAGE) throw new Finding(`has a message of ${error.message.length} characters`);
  if (error instanceof FailbackError) return outcomeOfFailure(error);
  if (error instanceof TransportError) return error.broken.code;
  return error instanceof SecurityError ? `SecurityError ${error.trouble}` : error.name;
}

function outcomeOfFailure(error: FailbackError): string {
  const { class: failureClass, code, message, remedy, details = {} } = error;
  if (!FAILURE_CODES.includes(code) || code === 'internal') throw new Finding(`has code ${code}: ${message}`);
  if (!CLASSES.includes(failureClass)) throw new Finding(`has class ${failureClass}: ${message}`);
  if (remedy !== undefined && !/\w/.test(remedy)) throw new Finding(`has an empty remedy: ${message}`);
  if (JSON.stringify(details).length > 2 * MAX_MESSAGE) throw new Finding(`has endless details: ${message}`);
  for (const [name, value] of Object.entries(details)) {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Finding(`has ${name} ${value} among its details: ${message}`);
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value))
      throw new Finding(`has details that are no JSON: ${name}`);
  }
  return `${failureClass} ${code}`;
}
