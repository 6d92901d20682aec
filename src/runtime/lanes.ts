import type { MemberInput } from '../domain/member.ts';
import type { RunHost, RunRecord } from './run-record.ts';

/** The hosts on which a member is in flight: its own, and that of the other copy. */
export type Route = Pick<MemberInput, 'host' | 'partner'>;

/** A queue of pending members that all need a slot of the same hosts: whoever is first in it is the one to be admitted next. */
export interface Lane extends Route {
  readonly name: string;
}

/** Name of a route's lane. No name of a host holds this separator. */
export function laneName({ host, partner }: Route): string {
  return partner === null ? host : `${host}>${partner}`;
}

/** Every lane that these members need, in the order in which they first come up. */
export function lanesOf(routes: Iterable<Route>): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  for (const { host, partner } of routes) {
    const name = laneName({ host, partner });
    if (!lanes.has(name)) lanes.set(name, { name, host, partner });
  }
  return [...lanes.values()];
}

/** The lanes of a run. One that was created before members had partners has one for each host. */
export function lanesIn({ lanes, hosts }: RunRecord): readonly Lane[] {
  return lanes === undefined
    ? hosts.map(({ name }) => ({ name, host: name, partner: null }))
    : lanes.map((route) => ({ ...route, name: laneName(route) }));
}

/** Plan names of the hosts a member takes a slot of; both names may stand for one host. */
export function hostsOn({ host, partner }: Route): readonly RunHost['name'][] {
  return partner === null ? [host] : [host, partner];
}
