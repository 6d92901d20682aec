import { SecurityError } from './security-context.ts';

/**
 * The Kerberos principal of a user as Windows writes him: `user@realm`, `DOMAIN\user` (the realm is the domain, so it must be the domain's DNS
 * name unless krb5.conf knows the short one), or `user` (of the default realm of krb5.conf). Realms are written in capitals, as all of Windows' are.
 * @throws SecurityError `unavailable` for `.\user`, an account that only its host knows
 */
export function principalOf(username: string): string {
  const [, domain, account] = /^([^\\]*)\\(.*)$/s.exec(username) ?? [];
  if (domain === '.' || domain === '')
    throw new SecurityError(
      'unavailable',
      `${username} is an account of the host alone, and Kerberos knows only those of a domain`,
      'Use a domain account, or NTLM.',
    );
  if (domain !== undefined && account !== undefined) return `${account.replaceAll('@', '\\@')}@${domain.toUpperCase()}`;
  const at = username.lastIndexOf('@');
  return at < 0 ? username : `${username.slice(0, at).replaceAll('@', '\\@')}@${username.slice(at + 1).toUpperCase()}`;
}
