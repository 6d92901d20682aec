import { ENDED_STATUSES } from '../domain/member.ts';
import type { JournalEntry } from '../runtime/journal.ts';
import { type InstanceId, RUN_INSTANCE, type RunId } from '../runtime/keys.ts';
import type { MemberView, RunViews } from '../runtime/run-view.ts';
import { answerWords, type Evidence, eventWords, evidenceOf } from './event-words.ts';
import type { CallReport, MemberReport, RunReport, Sighting, TimelineEntry } from './run-report.ts';
import { splitState } from './state-words.ts';
import { whyOf } from './why.ts';

export interface ReportSource {
  readonly views: RunViews;
  /** ms since the epoch */
  readonly now: number;
  /** Who asks for the report. */
  readonly operator: string;
}

/** What the journal says about one lifecycle. */
interface Story {
  readonly timeline: TimelineEntry[];
  readonly calls: CallReport[];
  readonly sightings: Sighting[];
  readonly failures: MemberReport['failures'][number][];
  /** The last pause or cancel that somebody asked for, in words. */
  asked: string | null;
  startedAt: number | null;
  lastAt: number | null;
}

/** Gathers the evidence of a run: one pass over its journal, one over its members. @throws FailbackError `run.unknown` */
export async function collectReport({ views, now, operator }: ReportSource, run: RunId): Promise<RunReport> {
  const { record, state, counts, calls } = await views.run(run);
  const stories = new Map<InstanceId, Story>();
  let lastAt = record.createdAt;
  for await (const entry of views.journal(run)) {
    const story = stories.get(entry.id) ?? {
      timeline: [],
      calls: [],
      sightings: [],
      failures: [],
      asked: null,
      startedAt: null,
      lastAt: null,
    };
    stories.set(entry.id, story);
    tell(story, entry);
    lastAt = entry.at;
  }
  const members: MemberReport[] = [];
  const askedOfRun = stories.get(RUN_INSTANCE)?.asked ?? null;
  for await (const member of views.members(run)) members.push(memberReport(member, stories.get(member.id), askedOfRun));
  const ended = members.every(({ outcome }) => ENDED_STATUSES.includes(outcome));
  return {
    type: 'report',
    version: 1,
    run,
    plan: record.plan,
    state,
    adopt: record.adopt,
    startedAt: iso(record.createdAt),
    startedBy: record.createdBy,
    endedAt: ended ? iso(lastAt) : null,
    durationMs: Math.max(0, (ended ? lastAt : now) - record.createdAt),
    generatedAt: iso(now),
    generatedBy: operator,
    total: record.members,
    counts,
    calls,
    hosts: record.hosts.map(({ name, address, inFlight }) => ({ name, address, inFlight })),
    timeline: stories.get(RUN_INSTANCE)?.timeline ?? [],
    members,
  };
}

/** What people ask of a run or a VM that keeps it from going on; a resume or retry takes it back. */
const ASKED = /^(failback|run)\.(pause|cancel)$/;
const TAKEN_BACK = /^(failback|run)\.(resume|retry|reopen)$/;

function tell(story: Story, entry: JournalEntry): void {
  const evidence = evidenceOf(entry);
  const at = iso(entry.at);
  story.timeline.push({ at, from: entry.from, to: entry.to, event: entry.event, words: eventWords(entry) });
  if (entry.event === 'failback.admit') story.startedAt ??= entry.at;
  story.lastAt = entry.at;
  if (ASKED.test(entry.event)) story.asked = eventWords(entry);
  else if (TAKEN_BACK.test(entry.event)) story.asked = null;
  const call = callOf(entry, evidence);
  if (call) story.calls.push(call);
  const sighting = sightingOf(at, evidence);
  if (sighting && !sameSight(sighting, story.sightings.at(-1))) story.sightings.push(sighting);
  const { failure } = evidence;
  if (failure && failure.message !== story.failures.at(-1)?.message) story.failures.push({ at, ...failure });
}

function callOf(entry: JournalEntry, evidence: Evidence): CallReport | null {
  if (entry.event !== 'xstate.done.actor.call' && entry.event !== 'xstate.error.actor.call') return null;
  const { output, error, attempt } = evidence;
  return {
    at: iso(entry.at),
    step: splitState(entry.from).step ?? '',
    attempt: attempt ?? 1,
    returnValue: output?.returnValue ?? null,
    jobId: output?.jobId ?? null,
    words: output ? answerWords(evidence) : (error?.message ?? 'no answer'),
  };
}

function sightingOf(at: string, { vm, job }: Evidence): Sighting | null {
  if (!vm) return null;
  return {
    at,
    replicationState: vm.replication?.state ?? null,
    replicationHealth: vm.replication?.health ?? null,
    replicationMode: vm.mode,
    power: vm.power,
    job: job ? { jobId: job.jobId, state: job.jobState, errorCode: job.errorCode } : null,
  };
}

function sameSight(a: Sighting, b: Sighting | undefined): boolean {
  return b !== undefined && JSON.stringify({ ...a, at: '' }) === JSON.stringify({ ...b, at: '' });
}

function memberReport({ input, status, state, failure }: MemberView, story: Story | undefined, askedOfRun: string | null): MemberReport {
  const startedAt = story?.startedAt ?? null;
  const endedAt = ENDED_STATUSES.includes(status) ? (story?.lastAt ?? null) : null;
  return {
    vm: input.vm,
    vmId: input.vmId,
    host: input.host,
    outcome: status,
    state,
    startedAt: startedAt === null ? null : iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    durationMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
    calls: story?.calls ?? [],
    sightings: story?.sightings ?? [],
    failures: story?.failures ?? [],
    failure,
    why: whyOf({ status, state, failure, asked: story?.asked ?? null, askedOfRun }),
    timeline: story?.timeline ?? [],
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
