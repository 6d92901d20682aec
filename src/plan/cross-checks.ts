import { checkAccess } from './access-checks.ts';
import { isRecord } from './describe-issue.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';
import { PLAN_DEFAULTS } from './plan.ts';
import { checkSites, checkStarts } from './site-checks.ts';

/** A rule that several places of the plan break together. */
export interface CrossProblem {
  readonly severity: 'error' | 'warning';
  readonly path: readonly PropertyKey[];
  readonly part?: 'key' | 'value';
  readonly message: string;
  readonly expected?: string;
}

/**
 * Rules that span several places: hosts that members name, machines named twice, how hosts are logged on to, times that contradict each
 * other. Works on data of any shape, so that these are reported together with errors of shape.
 */
export function crossCheck(data: unknown): CrossProblem[] {
  if (!isRecord(data)) return [];
  const hosts = isRecord(data.hosts) ? data.hosts : {};
  const members = Array.isArray(data.members) ? data.members : [];
  return [
    ...checkNames(hosts),
    ...checkAccess(hosts),
    ...checkReferences(hosts, members),
    ...checkDoubles(members),
    ...checkTimes(data.defaults, members),
    ...checkLimits(data, hosts),
    ...checkSites(data, hosts, members),
    ...checkStarts(data, members),
  ];
}

function* checkNames(hosts: Readonly<Record<string, unknown>>): Generator<CrossProblem> {
  const seen = new Map<string, string>();
  for (const name of Object.keys(hosts)) {
    const first = seen.get(name.toLowerCase());
    if (first !== undefined)
      yield {
        severity: 'error',
        path: ['hosts', name],
        part: 'key',
        message: `host ${JSON.stringify(name)} differs from ${JSON.stringify(first)} by case only`,
      };
    seen.set(name.toLowerCase(), name);
  }
}

function* checkReferences(hosts: Readonly<Record<string, unknown>>, members: readonly unknown[]): Generator<CrossProblem> {
  const names = Object.keys(hosts);
  const used = new Set<string>();
  const suggestions = new Map<string, string | null>();
  let anywhere = members.length === 0;
  for (const [index, member] of members.entries()) {
    const on = isRecord(member) ? member.on : undefined;
    if (typeof on !== 'string') {
      anywhere = true;
      continue;
    }
    used.add(on);
    if (names.length === 0 || Object.hasOwn(hosts, on)) continue;
    const close = suggestions.get(on) ?? nearest(on, names);
    suggestions.set(on, close);
    const hint = close === null ? '' : `; did you mean ${JSON.stringify(close)}?`;
    yield {
      severity: 'error',
      path: ['members', index, 'on'],
      message: `there is no host ${JSON.stringify(on)}${hint}`,
      expected: listSome(names),
    };
  }
  if (anywhere) return;
  for (const name of names)
    if (!used.has(name))
      yield { severity: 'warning', path: ['hosts', name], part: 'key', message: `no member can be on host ${JSON.stringify(name)}` };
}

function* checkDoubles(members: readonly unknown[]): Generator<CrossProblem> {
  const seen = new Map<string, number>();
  for (const [index, member] of members.entries()) {
    const vm = isRecord(member) ? member.vm : member;
    if (typeof vm !== 'string') continue;
    const { id, on } = isRecord(member) ? member : {};
    const key = JSON.stringify([typeof id === 'string' ? normaliseGuid(id) : vm.toLowerCase(), on ?? null]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else yield { severity: 'error', path: ['members', index], message: `${JSON.stringify(vm)} is a member already (members[${first}])` };
  }
}

function* checkTimes(defaults: unknown, members: readonly unknown[]): Generator<CrossProblem> {
  const base = timesOf(defaults, {
    delay: PLAN_DEFAULTS.retry.delay,
    max: PLAN_DEFAULTS.retry.max,
    job: PLAN_DEFAULTS.timeouts.job,
    step: PLAN_DEFAULTS.timeouts.step,
  });
  yield* contradictions(defaults, ['defaults'], base);
  for (const [index, member] of members.entries()) yield* contradictions(member, ['members', index], timesOf(member, base));
}

interface Times {
  readonly delay: number;
  readonly max: number;
  readonly job: number;
  readonly step: number;
}

function timesOf(holder: unknown, base: Times): Times {
  const { retry, timeouts } = isRecord(holder) ? holder : {};
  const read = (group: unknown, key: string) => (isRecord(group) && typeof group[key] === 'string' ? parseDuration(group[key]) : null);
  return {
    delay: read(retry, 'delay') ?? base.delay,
    max: read(retry, 'max') ?? base.max,
    job: read(timeouts, 'job') ?? base.job,
    step: read(timeouts, 'step') ?? base.step,
  };
}

/** Reported where the contradiction is written, not at every member that inherits it. */
function* contradictions(holder: unknown, path: readonly PropertyKey[], { delay, max, job, step }: Times): Generator<CrossProblem> {
  const { retry, timeouts } = isRecord(holder) ? holder : {};
  const [retryKey] = isRecord(retry) ? ['delay', 'max'].filter((key) => Object.hasOwn(retry, key)) : [];
  if (retryKey !== undefined && delay > max)
    yield {
      severity: 'error',
      path: [...path, 'retry', retryKey],
      message: `retry.delay (${formatDuration(delay)}) is longer than retry.max (${formatDuration(max)})`,
    };
  const [timeKey] = isRecord(timeouts) ? ['job', 'step'].filter((key) => Object.hasOwn(timeouts, key)) : [];
  if (timeKey !== undefined && job > step)
    yield {
      severity: 'warning',
      path: [...path, 'timeouts', timeKey],
      message: `timeouts.job (${formatDuration(job)}) is longer than timeouts.step (${formatDuration(step)}), so it never runs out`,
    };
}

function* checkLimits(data: Readonly<Record<string, unknown>>, hosts: Readonly<Record<string, unknown>>): Generator<CrossProblem> {
  const total = isRecord(data.limits) ? data.limits.inFlight : undefined;
  if (typeof total !== 'number') return;
  for (const [name, host] of Object.entries(hosts)) {
    const own = isRecord(host) && isRecord(host.limits) ? host.limits.inFlight : undefined;
    if (typeof own === 'number' && own > total)
      yield {
        severity: 'warning',
        path: ['hosts', name, 'limits', 'inFlight'],
        message: `${own} is never reached: limits.inFlight of the plan is ${total}`,
      };
  }
}

/** Upper case, without braces: how a GUID is compared and stored. */
export function normaliseGuid(text: string): string {
  return text.replace(/[{}]/g, '').toUpperCase();
}

function listSome(names: readonly string[]): string {
  return names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
}
