import { resolve } from 'node:path';
import type { MemberSettings } from '../domain/member.ts';
import { normaliseGuid } from './cross-checks.ts';
import { parseDuration } from './duration.ts';
import { parseAddress } from './host-address.ts';
import {
  DEFAULT_IN_FLIGHT,
  type MemberOverrides,
  type MemberSpec,
  PLAN_DEFAULTS,
  type Plan,
  type PlanHost,
  type PlannedSettings,
  type SourcePosition,
} from './plan.ts';
import type { DefaultsInput, HostInput, NamedMemberInput, PlanInput } from './plan-schema.ts';

/**
 * Fills in defaults and turns durations, addresses, ids and paths into their one form.
 * @param input must have passed the schema and the cross checks
 * @param folder relative paths in the plan start here
 * @param positionOf the place of a member's entry
 */
export function normalisePlan(input: PlanInput, folder: string, positionOf: (member: number) => SourcePosition): Plan {
  return {
    version: 1,
    name: input.name,
    hosts: Object.entries(input.hosts).map(([name, host]) => normaliseHost(name, host, folder)),
    limits: { inFlight: input.limits?.inFlight ?? DEFAULT_IN_FLIGHT.plan },
    defaults: normaliseDefaults(input.defaults ?? {}),
    members: input.members.map((member, index) => normaliseMember(member, positionOf(index))),
  };
}

function normaliseHost(name: string, host: HostInput, folder: string): PlanHost {
  const parsed = parseAddress(host.address);
  if ('problem' in parsed) throw new RangeError(parsed.problem);
  const { password, username } = host.credentials;
  const hex = host.tls?.fingerprint?.replace(/^sha256:/i, '').replaceAll(':', '');
  return {
    name,
    address: parsed.address,
    transport: host.transport ?? 'wsman',
    auth: host.auth ?? 'basic',
    credentials: { username, password: password.startsWith('file:') ? `file:${resolve(folder, password.slice(5))}` : password },
    tls: { caFile: host.tls?.ca === undefined ? null : resolve(folder, host.tls.ca), fingerprint: hex?.toUpperCase() ?? null },
    allowUnencrypted: host.allowUnencrypted ?? false,
    limits: { inFlight: host.limits?.inFlight ?? DEFAULT_IN_FLIGHT.host },
  };
}

function normaliseDefaults(input: DefaultsInput): PlannedSettings {
  return {
    strategy: input.strategy ?? PLAN_DEFAULTS.strategy,
    recoveryPoint: normaliseRecoveryPoint(input.recoveryPoint ?? 'latest'),
    retry: { ...PLAN_DEFAULTS.retry, ...normaliseRetry(input.retry ?? {}) },
    timeouts: { ...PLAN_DEFAULTS.timeouts, ...normaliseTimeouts(input.timeouts ?? {}) },
    after: input.after?.provider ?? PLAN_DEFAULTS.after,
    startStates: input.startStates ?? PLAN_DEFAULTS.startStates,
    start: input.start ?? PLAN_DEFAULTS.start,
    stable: milliseconds(input.verify?.stable) ?? PLAN_DEFAULTS.stable,
    probes: PLAN_DEFAULTS.probes,
    probing: PLAN_DEFAULTS.probing,
    reverse: PLAN_DEFAULTS.reverse,
    rto: PLAN_DEFAULTS.rto,
    critical: PLAN_DEFAULTS.critical,
  };
}

function normaliseMember(member: PlanInput['members'][number], position: SourcePosition): MemberSpec {
  if (typeof member === 'string') return { kind: 'vm', vm: member, id: null, on: null, overrides: {}, position };
  const on = member.on ?? null;
  if ('match' in member) return { kind: 'match', match: member.match, on, except: member.except ?? [], position };
  return {
    kind: 'vm',
    vm: member.vm,
    id: member.id === undefined ? null : normaliseGuid(member.id),
    on,
    overrides: normaliseOverrides(member),
    position,
  };
}

function normaliseOverrides(member: NamedMemberInput): MemberOverrides {
  return defined<MemberOverrides>({
    strategy: member.strategy,
    recoveryPoint: member.recoveryPoint === undefined ? undefined : normaliseRecoveryPoint(member.recoveryPoint),
    retry: member.retry && normaliseRetry(member.retry),
    timeouts: member.timeouts && normaliseTimeouts(member.timeouts),
    after: member.after?.provider,
    start: member.start,
    critical: member.critical,
  });
}

function normaliseRecoveryPoint(text: string): string | null {
  return text === 'latest' ? null : text;
}

function normaliseRetry(retry: NonNullable<NamedMemberInput['retry']>): Partial<MemberSettings['retry']> {
  const { attempts, backoff, jitter } = retry;
  return defined<Partial<MemberSettings['retry']>>({
    attempts,
    backoff,
    delay: milliseconds(retry.delay),
    max: milliseconds(retry.max),
    jitter,
  });
}

function normaliseTimeouts(timeouts: NonNullable<NamedMemberInput['timeouts']>): Partial<MemberSettings['timeouts']> {
  return defined<Partial<MemberSettings['timeouts']>>({
    call: milliseconds(timeouts.call),
    job: milliseconds(timeouts.job),
    step: milliseconds(timeouts.step),
    doubt: milliseconds(timeouts.doubt),
    settle: milliseconds(timeouts.settle),
  });
}

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : (parseDuration(duration) ?? undefined);
}

/** Drops keys without a value, so that spreading the result over defaults keeps the defaults. */
function defined<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
