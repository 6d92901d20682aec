import type { CrossProblem } from './cross-checks.ts';
import { isRecord } from './describe-issue.ts';
import { nearest } from './nearest.ts';

/**
 * Between two hosts every machine is started. Who asks for strategy reverse and for no start gets neither; where the strategy is told from the
 * machine, pre-flight stops those it is true of.
 */
export function* checkStarts(data: Readonly<Record<string, unknown>>, members: readonly unknown[]): Generator<CrossProblem> {
  const defaults = isRecord(data.defaults) ? data.defaults : {};
  yield* refuseStart(['defaults'], defaults, {}, data.home);
  for (const [index, member] of members.entries())
    if (isRecord(member)) yield* refuseStart(['members', index], member, defaults, data.home);
}

type Holder = Readonly<Record<string, unknown>>;

function* refuseStart(path: readonly PropertyKey[], own: Holder, defaults: Holder, home: unknown): Generator<CrossProblem> {
  const key = own.start === undefined ? 'strategy' : 'start';
  const { start, strategy = 'auto' } = { ...defaults, ...own };
  if (own[key] === undefined || start !== false || strategy === 'provider') return;
  // Said once, where it is written; whether it matters shows when the machines are seen.
  if (strategy !== 'reverse' && (home === undefined || key !== 'start')) return;
  yield {
    severity: strategy === 'reverse' ? 'error' : 'warning',
    path: [...path, key],
    message:
      strategy === 'reverse'
        ? 'start: false can not be done with strategy reverse: its failover becomes final only once the machine was seen running'
        : 'start: false is only for machines of a provider: pre-flight blocks those that are replicated between two Hyper-V hosts',
    expected: 'start: true; with after: { reverse: none } a person approves before a failover becomes final',
  };
}

/**
 * Rules about where hosts stand: `home` is the site of a host, whoever asks for strategy reverse says what home is, and the nodes of a
 * cluster stand together.
 */
export function* checkSites(
  data: Readonly<Record<string, unknown>>,
  hosts: Readonly<Record<string, unknown>>,
  members: readonly unknown[],
): Generator<CrossProblem> {
  const places = Object.entries(hosts).flatMap(([name, host]) => (isRecord(host) ? [{ name, ...placeOf(host) }] : []));
  const sites = [...new Set(places.flatMap(({ site }) => site ?? []))];
  yield* checkHome(data.home, places, sites);
  if (data.home === undefined) yield* reverseWithoutHome(data, members);
  yield* checkClusters(places);
}

interface Place {
  readonly name: string;
  readonly site: string | null;
  readonly cluster: string | null;
  readonly broker: string | null;
}

function placeOf(host: Readonly<Record<string, unknown>>): Omit<Place, 'name'> {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  return { site: text(host.site), cluster: text(host.cluster), broker: text(host.broker) };
}

function* checkHome(home: unknown, places: readonly Place[], sites: readonly string[]): Generator<CrossProblem> {
  if (typeof home !== 'string') return;
  const path = ['home'];
  if (!sites.includes(home)) {
    const close = nearest(home, sites);
    const hint = close === null ? '' : `; did you mean ${JSON.stringify(close)}?`;
    const expected = sites.length === 0 ? 'a site that at least one host names with site:' : sites.join(', ');
    yield { severity: 'error', path, message: `no host stands at site ${JSON.stringify(home)}${hint}`, expected };
    return;
  }
  if (sites.length === 1)
    yield { severity: 'warning', path, message: `all hosts stand at ${JSON.stringify(home)}: no machine can come from another site` };
  for (const { name, site } of places)
    if (site === null)
      yield {
        severity: 'warning',
        path: ['hosts', name],
        part: 'key',
        message: `host ${JSON.stringify(name)} stands at no site: its machines can not be paired`,
        expected: `site: ${sites.join(' or ')}`,
      };
}

function* reverseWithoutHome(data: Readonly<Record<string, unknown>>, members: readonly unknown[]): Generator<CrossProblem> {
  const holders: readonly (readonly [PropertyKey[], unknown])[] = [
    [['defaults'], data.defaults],
    ...members.map((member, index): [PropertyKey[], unknown] => [['members', index], member]),
  ];
  for (const [path, holder] of holders)
    if (isRecord(holder) && holder.strategy === 'reverse')
      yield {
        severity: 'error',
        path: [...path, 'strategy'],
        message: 'strategy reverse needs to know which site is home',
        expected: 'home: SITE at the top of the plan, and site: at its hosts',
      };
}

function* checkClusters(places: readonly Place[]): Generator<CrossProblem> {
  const first = new Map<string, Place>();
  for (const place of places) {
    if (place.cluster === null) continue;
    const other = first.get(place.cluster);
    if (!other) {
      first.set(place.cluster, place);
      continue;
    }
    for (const key of ['site', 'broker'] as const)
      if (place[key] !== other[key])
        yield {
          severity: 'error',
          path: ['hosts', place.name],
          part: 'key',
          message: `hosts ${JSON.stringify(other.name)} and ${JSON.stringify(place.name)} are nodes of cluster ${JSON.stringify(place.cluster)}, but their ${key}s differ`,
          expected: `${key}: ${other[key] ?? place[key]} at both`,
        };
  }
}
