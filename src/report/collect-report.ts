import { ENDED_STATUSES, type Strategy } from '../domain/member.ts';
import type { JournalEntry } from '../runtime/journal.ts';
import { type InstanceId, RUN_INSTANCE, type RunId } from '../runtime/keys.ts';
import type { RunSource } from '../runtime/run-archive.ts';
import type { MemberView } from '../runtime/run-view.ts';
import { downtimeOf, downtimeTotals } from './downtime.ts';
import { answerWords, type Evidence, eventWords, evidenceOf } from './event-words.ts';
import { type Place, placeOf } from './place.ts';
import { pointOfNoReturn } from './point-of-no-return.ts';
import type { CallReport, MemberReport, RunReport, Sighting, TimelineEntry } from './run-report.ts';
import { type DrillTimes, noDrillTimes, noteDrill, scorecardOf } from './scorecard.ts';
import { splitState } from './state-words.ts';
import { goalOf } from './status-words.ts';
import { alreadyDone } from './step-words.ts';
import { whyOf } from './why.ts';

export interface ReportRequest {
  readonly source: RunSource;
  /** ms since the epoch */
  readonly now: number;
  /** Who asks for the report. */
  readonly operator: string;
}

/** What the journal says about one lifecycle. */
interface Story {
  readonly place: Place | undefined;
  readonly timeline: TimelineEntry[];
  readonly calls: CallReport[];
  readonly sightings: Sighting[];
  readonly failures: MemberReport['failures'][number][];
  readonly points: MemberReport['pointsOfNoReturn'][number][];
  readonly drill: DrillTimes;
  /** The last pause or cancel that somebody asked for, in words. */
  asked: string | null;
  startedAt: number | null;
  /** When its failover home had been taken back, and it ran where it ran before. */
  takenBackAt: number | null;
  lastAt: number | null;
}

/** Gathers the evidence of a run: one pass over its journal, one over its members. @throws FailbackError `run.unknown` */
export async function collectReport({ source, now, operator }: ReportRequest, run: RunId): Promise<RunReport> {
  const { record, state, counts, calls } = await source.run(run);
  const members: MemberView[] = [];
  for await (const member of source.members(run)) members.push(member);
  const places = new Map(members.map(({ id, input }) => [id, placeOf(input)]));
  const stories = new Map<InstanceId, Story>();
  let lastAt = record.createdAt;
  for await (const entry of source.journal(run)) {
    const story = stories.get(entry.id) ?? newStory(places.get(entry.id));
    stories.set(entry.id, story);
    tell(story, entry);
    lastAt = entry.at;
  }
  const askedOfRun = stories.get(RUN_INSTANCE)?.asked ?? null;
  const reports = members.map((member) => memberReport(member, stories.get(member.id) ?? newStory(placeOf(member.input)), askedOfRun, now));
  const strategies = members.map(({ input }) => input.settings.strategy);
  const ended = reports.every(({ outcome }) => ENDED_STATUSES.includes(outcome));
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
    intent: record.intent ?? 'failback',
    goal: goalOf(record),
    strategies: countOf(strategies),
    downtime: downtimeTotals(reports.flatMap(({ downtime }) => downtime ?? [])),
    skippedSteps: reports.reduce((sum, { skipped }) => sum + alreadyDone(skipped).length, 0),
    calls,
    hosts: record.hosts.map(({ name, address, inFlight }) => ({ name, address, inFlight })),
    timeline: stories.get(RUN_INSTANCE)?.timeline ?? [],
    members: reports,
  };
}

function countOf(strategies: readonly Strategy[]): Partial<Record<Strategy, number>> {
  const counts: Partial<Record<Strategy, number>> = {};
  for (const strategy of strategies) counts[strategy] = (counts[strategy] ?? 0) + 1;
  return counts;
}

/** @param place undefined for the run's own lifecycle */
function newStory(place: Place | undefined): Story {
  return {
    place,
    timeline: [],
    calls: [],
    sightings: [],
    failures: [],
    points: [],
    drill: noDrillTimes(),
    asked: null,
    startedAt: null,
    takenBackAt: null,
    lastAt: null,
  };
}

/** What people ask of a run or a VM that keeps it from going on; a resume or retry takes it back. */
const ASKED = /^(failback|run)\.(pause|cancel)$/;
const TAKEN_BACK = /^(failback|run)\.(resume|retry|reopen)$/;

function tell(story: Story, entry: JournalEntry): void {
  const evidence = evidenceOf(entry);
  const at = iso(entry.at);
  story.timeline.push({ at, from: entry.from, to: entry.to, event: entry.event, words: eventWords(entry, story.place) });
  if (entry.event === 'failback.admit') story.startedAt ??= entry.at;
  story.lastAt = entry.at;
  if (ASKED.test(entry.event)) story.asked = eventWords(entry);
  else if (TAKEN_BACK.test(entry.event)) story.asked = null;
  const point = story.place && pointOfNoReturn(entry, story.place.strategy);
  if (point) story.points.push({ at, words: point });
  if (isOnTheWayBack(entry.from) && !isOnTheWayBack(entry.to)) story.takenBackAt = entry.at;
  if (story.place?.strategy === 'drill') noteDrill(story.drill, entry);
  const call = callOf(entry, evidence);
  if (call) story.calls.push(call);
  const sighting = sightingOf(at, evidence, story.place);
  if (
    sighting &&
    !sameSight(
      sighting,
      story.sightings.findLast(({ host }) => host === sighting.host),
    )
  )
    story.sightings.push(sighting);
  const { failure } = evidence;
  if (failure && failure.message !== story.failures.at(-1)?.message) story.failures.push({ at, ...failure });
}

const WAY_BACK = ['stopHome', 'revertHome', 'revertAway', 'startAway'];

function isOnTheWayBack(state: string): boolean {
  const { step } = splitState(state);
  return step !== null && WAY_BACK.includes(step);
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

function sightingOf(at: string, { vm, job, side }: Evidence, place: Place | undefined): Sighting | null {
  if (!vm) return null;
  return {
    at,
    host: (side === 'away' ? place?.partner : place?.host) ?? '',
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

function memberReport(member: MemberView, story: Story, askedOfRun: string | null, now: number): MemberReport {
  const { input, status, state, failure, context } = member;
  const { startedAt, asked } = story;
  const endedAt = ENDED_STATUSES.includes(status) ? story.lastAt : null;
  const place = placeOf(input);
  return {
    vm: input.vm,
    vmId: input.vmId,
    ...place,
    outcome: status,
    state,
    startedAt: startedAt === null ? null : iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    durationMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
    skipped: context.skipped,
    downtime: downtimeOf(member, story, now),
    pointsOfNoReturn: story.points,
    drill: scorecardOf(member, story.drill),
    calls: story.calls,
    sightings: story.sightings,
    failures: story.failures,
    failure,
    why: whyOf({ status, state, failure, asked, askedOfRun, place }),
    timeline: story.timeline,
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
