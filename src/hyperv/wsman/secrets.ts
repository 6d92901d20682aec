import { FailbackError } from '../../domain/failure.ts';

/** What a resolver gives, at the moment a request needs it. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Turns a text that came from outside into one without secrets. */
export type Mask = (text: string) => string;

/**
 * Asks a resolver.
 * @throws FailbackError `secret.missing` when it fails with anything but a FailbackError: its words are not repeated
 */
export async function resolveSecrets<T>(host: string, resolve: () => Promise<T>): Promise<T> {
  try {
    return await resolve();
  } catch (error) {
    if (error instanceof FailbackError) throw error;
    throw unusable(host, 'could not be read');
  }
}

/** Replaces every occurrence of every secret by `***`; also their URL-encoded and XML-escaped forms. */
export function createMask(secrets: readonly string[]): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    forms.add(secret);
    forms.add(encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8')));
    forms.add(secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'));
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

/** Credentials that are there and can not be used, or are not there. @param what the rest of a sentence about them */
export function unusable(host: string, what: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'secret.missing',
    message: `The credentials of host ${host} ${what}`,
    remedy: 'Check the credential references of the plan on the machine where the worker runs.',
    details: { host },
  });
}
