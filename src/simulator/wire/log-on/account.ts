import type { CimHost } from '../../cim.ts';

/** True when `name` is the host's account: `name`, `DOMAIN\name` of any domain (a workgroup's host takes unknown ones for its own) or `name@realm`, any case. */
export function isAccountOf(host: CimHost, name: string): boolean {
  return name !== '' && bareName(name) === bareName(host.username);
}

function bareName(name: string): string {
  return name.replace(/^.*\\/, '').replace(/@.*$/, '').toLowerCase();
}
