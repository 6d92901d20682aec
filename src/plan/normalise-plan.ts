import { resolve } from 'node:path';
import type { CommitPolicy, MemberSettings, Probe, ReverseSettings } from '../domain/member.ts';
import { parseByteSize } from './byte-size.ts';
import { normaliseGuid } from './cross-checks.ts';
import { parseDuration } from './duration.ts';
import { parseAddress } from './host-address.ts';
import type { HostInput } from './host-schema.ts';
import { normaliseAccess } from './normalise-access.ts';
import {
  DEFAULT_IN_FLIGHT,
  DEFAULT_TRANSFERS,
  type MemberOverrides,
  type MemberSpec,
  mergeReverse,
  PLAN_DEFAULTS,
  type Plan,
  type PlanHost,
  type PlannedSettings,
  type ReverseOverrides,
  type SourcePosition,
} from './plan.ts';
import type { DefaultsInput, NamedMemberInput, PlanInput } from './plan-schema.ts';
import type { ProbeInput } from './probe-schema.ts';
import type { RetryInput, ReverseInput, TimeoutsInput, VerifyInput } from './settings-schema.ts';

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
    home: input.home ?? null,
    hosts: Object.entries(input.hosts).map(([name, host]) => normaliseHost(name, host, folder)),
    limits: { inFlight: input.limits?.inFlight ?? DEFAULT_IN_FLIGHT.plan },
    defaults: normaliseDefaults(input.defaults ?? {}, folder),
    members: input.members.map((member, index) => normaliseMember(member, positionOf(index), folder)),
  };
}

function normaliseHost(name: string, host: HostInput, folder: string): PlanHost {
  const parsed = parseAddress(host.address);
  if ('problem' in parsed) throw new RangeError(parsed.problem);
  return {
    name,
    address: parsed.address,
    access: normaliseAccess(host, folder),
    site: host.site ?? null,
    cluster: host.cluster ?? null,
    broker: host.broker ?? null,
    replicaCertificate: host.replicaCertificate?.replaceAll(/[: ]/g, '').toUpperCase() ?? null,
    limits: {
      inFlight: host.limits?.inFlight ?? DEFAULT_IN_FLIGHT.host,
      transfers: host.limits?.transfers ?? DEFAULT_TRANSFERS,
    },
  };
}

function normaliseDefaults(input: DefaultsInput, folder: string): PlannedSettings {
  const given = normaliseSettings(input, folder);
  return {
    ...PLAN_DEFAULTS,
    ...given,
    retry: { ...PLAN_DEFAULTS.retry, ...given.retry },
    timeouts: { ...PLAN_DEFAULTS.timeouts, ...given.timeouts },
    startStates: input.startStates ?? PLAN_DEFAULTS.startStates,
    probing: { ...PLAN_DEFAULTS.probing, ...given.probing },
    reverse: mergeReverse(PLAN_DEFAULTS.reverse, given.reverse),
  };
}

function normaliseMember(member: PlanInput['members'][number], position: SourcePosition, folder: string): MemberSpec {
  if (typeof member === 'string') return { kind: 'vm', vm: member, id: null, on: null, overrides: {}, position };
  const on = member.on ?? null;
  if ('match' in member) return { kind: 'match', match: member.match, on, except: member.except ?? [], position };
  return {
    kind: 'vm',
    vm: member.vm,
    id: member.id === undefined ? null : normaliseGuid(member.id),
    on,
    overrides: normaliseSettings(member, folder),
    position,
  };
}

/** What an entry says itself: the values that hold for one member and those of `defaults` have the same keys. */
function normaliseSettings(
  input: Omit<DefaultsInput, 'verify'> & Pick<NamedMemberInput, 'verify' | 'critical'>,
  folder: string,
): MemberOverrides {
  const verify = Array.isArray(input.verify) ? { probes: input.verify } : input.verify;
  const commit = input.after?.reverse;
  return defined<MemberOverrides>({
    strategy: input.strategy,
    recoveryPoint: input.recoveryPoint === undefined ? undefined : normaliseRecoveryPoint(input.recoveryPoint),
    retry: input.retry && normaliseRetry(input.retry),
    timeouts: input.timeouts && normaliseTimeouts(input.timeouts),
    after: input.after?.provider,
    start: input.start,
    stable: milliseconds(verify?.stable),
    probes: verify?.probes?.map((probe) => normaliseProbe(probe, folder)),
    probing: verify && normaliseProbing(verify),
    reverse: input.reverse || commit ? normaliseReverse(input.reverse ?? {}, commit) : undefined,
    rto: milliseconds(input.rto),
    critical: input.critical,
  });
}

function normaliseProbe({ tcp, http, status, script, args }: ProbeInput, folder: string): Probe {
  if (tcp !== undefined) return { kind: 'tcp', address: tcp };
  if (http !== undefined) return { kind: 'http', url: http, status: status ?? null };
  if (script !== undefined) return { kind: 'script', path: resolve(folder, script), args: args ?? [] };
  return { kind: 'heartbeat' };
}

function normaliseProbing({ within, every }: VerifyInput): Partial<MemberSettings['probing']> {
  return defined<Partial<MemberSettings['probing']>>({ within: milliseconds(within), every: milliseconds(every) });
}

function normaliseReverse(
  { firstCopy, copyAt, sync, shutdown, hold, unseen, giveUpExtended }: ReverseInput,
  commit: CommitPolicy | undefined,
): ReverseOverrides {
  return defined<ReverseOverrides>({
    firstCopy,
    copyAt: copyAt === undefined ? undefined : copyAt === 'now' ? null : new Date(copyAt).toISOString(),
    sync:
      sync &&
      defined<Partial<ReverseSettings['sync']>>({
        pendingBytes: sync.pending === undefined ? undefined : (parseByteSize(sync.pending) ?? undefined),
        latency: milliseconds(sync.latency),
      }),
    shutdown:
      shutdown && defined<Partial<ReverseSettings['shutdown']>>({ within: milliseconds(shutdown.within), turnOff: shutdown.turnOff }),
    commit,
    hold: milliseconds(hold),
    unseen: milliseconds(unseen),
    giveUpExtended,
  });
}

function normaliseRecoveryPoint(text: string): string | null {
  return text === 'latest' ? null : text;
}

function normaliseRetry(retry: RetryInput): Partial<MemberSettings['retry']> {
  const { attempts, backoff, jitter } = retry;
  return defined<Partial<MemberSettings['retry']>>({
    attempts,
    backoff,
    delay: milliseconds(retry.delay),
    max: milliseconds(retry.max),
    jitter,
  });
}

function normaliseTimeouts(timeouts: TimeoutsInput): Partial<MemberSettings['timeouts']> {
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
