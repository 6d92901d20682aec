import type { CimHost } from '../../cim.ts';

/** The user of a Basic `Authorization` header when name and password are right, else null. Names compare without regard to case, `HOST\user` means `user`. */
export function accountOfBasic(authorization: string, host: CimHost): string | null {
  const match = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization);
  if (match === null) return null;
  const [, name, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(match[1] ?? '', 'base64').toString('utf8')) ?? [];
  if (name === undefined || password !== host.password) return null;
  const sent = name.toLowerCase();
  const expected = host.username.toLowerCase();
  return sent === expected || sent === `${host.name.toLowerCase()}\\${expected}` ? host.username : null;
}
