import { ENDED_STATUSES, MEMBER_STATUSES, type MemberStatus, type Strategy } from '../../domain/member.ts';
import { backlogNow } from '../../report/backlog-words.ts';
import { type Evidence, eventWords, evidenceOf } from '../../report/event-words.ts';
import type { Goal } from '../../report/status-words.ts';
import type { JournalEntry } from '../../runtime/journal.ts';
import type { InstanceId } from '../../runtime/keys.ts';
import type { Backlog } from '../../runtime/run-view.ts';

/** What is known of one member while a run is followed. */
export interface FollowedMember {
  readonly id: InstanceId;
  readonly vm: string;
  readonly vmId: string;
  readonly host: string;
  /** Host of the other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
  readonly strategy: Strategy;
  status: MemberStatus;
  /** "failback: tracking.going"; empty until something happened or was asked. */
  state: string;
  /** Last change, ms since the epoch; 0 = none seen yet. */
  changedAt: number;
  /** What the last change was, in words. */
  news: string;
  /** Why it waits or has stopped. */
  trouble: { readonly message: string; readonly remedy: string | null } | null;
  /** Percent of the job being followed. */
  percent: number | null;
  /** What is still to be sent, while data is on its way. */
  backlog: Backlog | null;
  /** ms since the epoch, as far as it was asked for. */
  nextTimer: number | null;
}

export type Counts = Record<MemberStatus, number>;

/** The members of a run as the journal tells about them: per host and in total, in constant time for each change. */
export class RunModel {
  /** What a member that completed is. */
  readonly goal: Goal;
  readonly #members = new Map<InstanceId, FollowedMember>();
  readonly #hosts = new Map<string, Counts>();
  readonly #total: Counts = none();
  readonly #strategies = new Set<Strategy>();
  /** Most recent last. */
  readonly #recent: FollowedMember[] = [];

  constructor(goal: Goal = 'home') {
    this.goal = goal;
  }

  /** Adds a member; its status counts from now on. */
  add(member: Pick<FollowedMember, 'id' | 'vm' | 'vmId' | 'host' | 'partner' | 'strategy' | 'status'>): void {
    const nothing = { state: '', changedAt: 0, news: '', trouble: null, percent: null, backlog: null, nextTimer: null };
    this.#members.set(member.id, { ...member, ...nothing });
    this.#strategies.add(member.strategy);
    const host = this.#hosts.get(member.host) ?? none();
    this.#hosts.set(member.host, host);
    host[member.status] += 1;
    this.#total[member.status] += 1;
  }

  get size(): number {
    return this.#members.size;
  }

  get strategies(): ReadonlySet<Strategy> {
    return this.#strategies;
  }

  get total(): Readonly<Counts> {
    return this.#total;
  }

  /** By plan name, in the order the hosts were met. */
  get hosts(): ReadonlyMap<string, Readonly<Counts>> {
    return this.#hosts;
  }

  get ended(): number {
    return ENDED_STATUSES.reduce((sum, status) => sum + this.#total[status], 0);
  }

  member(id: InstanceId): FollowedMember | undefined {
    return this.#members.get(id);
  }

  /** Members in one of the statuses, in plan order, at most `limit`. */
  *in(statuses: readonly MemberStatus[], limit = Number.POSITIVE_INFINITY): Generator<FollowedMember> {
    let left = Math.min(
      limit,
      statuses.reduce((sum, status) => sum + this.#total[status], 0),
    );
    for (const member of this.#members.values()) {
      if (left <= 0) return;
      if (!statuses.includes(member.status)) continue;
      left -= 1;
      yield member;
    }
  }

  /** The members that changed last, newest first. */
  recent(limit: number): readonly FollowedMember[] {
    return this.#recent.slice(-limit).reverse();
  }

  /** Takes a transition into account; again changes nothing. @returns the member, undefined for the run's own lifecycle */
  apply(entry: JournalEntry): FollowedMember | undefined {
    const member = this.#members.get(entry.id);
    if (!member) return undefined;
    const evidence = evidenceOf(entry);
    this.#move(member, evidence);
    if (entry.to !== member.state) member.percent = null;
    member.backlog = backlogNow(entry.to, member.backlog);
    member.nextTimer = null;
    member.state = entry.to;
    member.changedAt = entry.at;
    member.news = eventWords(entry, member);
    const { failure } = evidence;
    member.trouble = failure ? { message: failure.message, remedy: failure.remedy ?? null } : null;
    this.#remember(member);
    return member;
  }

  #move(member: FollowedMember, { status }: Evidence): void {
    const next = MEMBER_STATUSES.find((known) => known === status);
    if (next === undefined || next === member.status) return;
    const host = this.#hosts.get(member.host);
    for (const counts of host ? [host, this.#total] : [this.#total]) {
      counts[member.status] -= 1;
      counts[next] += 1;
    }
    member.status = next;
  }

  #remember(member: FollowedMember): void {
    const at = this.#recent.indexOf(member);
    if (at >= 0) this.#recent.splice(at, 1);
    this.#recent.push(member);
    if (this.#recent.length > 50) this.#recent.shift();
  }
}

function none(): Counts {
  return Object.fromEntries(MEMBER_STATUSES.map((status) => [status, 0])) as Counts;
}
