/** Where a credential is kept. The plan holds this, never the credential. */
export type SecretReference = { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

/**
 * `env:NAME` (letters, digits and underscores, not starting with a digit) or `file:PATH`.
 * @returns null for anything else, a literal password for instance
 */
export function parseSecretReference(text: string): SecretReference | null {
  const env = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text);
  if (env?.[1]) return { kind: 'env', name: env[1] };
  const file = /^file:([^\p{Cc}]+)$/u.exec(text);
  if (file?.[1]) return { kind: 'file', path: file[1] };
  return null;
}
