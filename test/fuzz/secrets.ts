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

/** Whole secrets in every form; `S3cretPassw0rd` is what is left when only letters and digits are kept. */
const LEAKS: readonly string[] = [
  PASSWORD,
  encodeURIComponent(PASSWORD),
  'S3cret &amp; &lt;Passw0rd&gt;!',
  TOKEN,
  TOKEN.replace(/[^A-Za-z0-9]/g, ''),
  'S3cretPassw0rd',
];

/** Whether anything of an error tells a secret. */
export function tellsSecret(error: Error): boolean {
  const more = error instanceof FailbackError ? JSON.stringify([error.remedy, error.details]) : '';
  const told = `${error.message} ${error.stack} ${String(error.cause)} ${more}`;
  return LEAKS.some((leak) => told.includes(leak));
}
