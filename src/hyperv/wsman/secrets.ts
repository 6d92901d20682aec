import { FailbackError } from '../../domain/failure.ts';

/** What a resolver gives, at the moment a request needs it. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Turns a text that came from outside into one without secrets. */
export type Mask = (text: string) => string;

/** The `Authorization` header of one request, and the mask for everything its answer may repeat. */
export interface Authorization {
  readonly header: string;
  readonly mask: Mask;
}

/**
 * Asks the resolver and makes a Basic header (UTF-8).
 * @throws FailbackError `secret.missing` when the resolver fails with anything but a FailbackError: its words are not repeated
 */
export async function authorize(host: string, resolve: () => Promise<Credentials>): Promise<Authorization> {
  const { username, password } = await resolve().catch((error: unknown) => {
    if (error instanceof FailbackError) throw error;
    throw missing(host, 'could not be read');
  });
  // RFC 7617 forbids control characters in both.
  if (username.includes(':') || /\p{Cc}/u.test(username + password))
    throw missing(host, 'contain characters that Basic authentication cannot carry');
  const token = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { header: `Basic ${token}`, mask: createMask([token, password]) };
}

/** Replaces every occurrence of every secret by `***`; also their URL-encoded and XML-escaped forms. */
function createMask(secrets: readonly string[]): Mask {
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

function missing(host: string, what: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'secret.missing',
    message: `The credentials of host ${host} ${what}`,
    remedy: 'Check the credential references of the plan on the machine where the worker runs.',
    details: { host },
  });
}
