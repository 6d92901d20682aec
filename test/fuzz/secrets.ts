import { FailbackError } from '../../src/domain/failure.ts';

/** Who logs on in all cases. */
export const USERNAME = 'hvadmin';
export const PASSWORD = 'S3cret & <Passw0rd>!';

const TOKEN = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');

/** What a host might say that repeats what it was told. */
export const ECHOES: readonly string[] = [
  'S3cret &amp; &lt;Passw0rd&gt;!',
  `<![CDATA[${PASSWORD}]]>`,
  TOKEN,
  `s:${TOKEN}`,
  `urn:x/${TOKEN}`,
  encodeURIComponent(PASSWORD),
  `${'x'.repeat(390)}${TOKEN}`,
];

/** The whole password in every form; `S3cretPassw0rd` is what is left when only letters and digits are kept. */
const PASSWORD_FORMS: readonly string[] = [PASSWORD, encodeURIComponent(PASSWORD), 'S3cret &amp; &lt;Passw0rd&gt;!', 'S3cretPassw0rd'];
/** What only a host knows that is logged on to by Basic authentication. */
const TOKEN_FORMS: readonly string[] = [TOKEN, TOKEN.replace(/[^A-Za-z0-9]/g, '')];

/**
 * Whether anything of an error tells a secret.
 * @param basic it was logged on by Basic authentication
 */
export function tellsSecret(error: Error, basic: boolean): boolean {
  const more = error instanceof FailbackError ? JSON.stringify([error.remedy, error.details]) : '';
  const told = `${error.message} ${error.stack} ${String(error.cause)} ${more}`;
  return [...PASSWORD_FORMS, ...(basic ? TOKEN_FORMS : [])].some((leak) => told.includes(leak));
}
