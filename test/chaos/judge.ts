import type { MemberInput, MemberStatus } from '../../src/domain/member.ts';
import { EnabledState } from '../../src/domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../src/domain/replication.ts';
import type { JournalEntry } from '../../src/runtime/journal.ts';
import type { RunViews } from '../../src/runtime/run-view.ts';
import { type LedgerReading, readLedger } from '../../src/simulator/world/ledger.ts';
import type { FinalLook } from './look.ts';

export interface Verdict {
  readonly members: number;
  readonly completed: number;
  /** Members that wait for a person, or were given up, with a reason. */
  readonly operator: number;
  /** Members that have neither come home nor ended with a reason. */
  readonly lost: number;
  /**
   * Calls beyond those that were intended: InitiateFailback more than once for a VM of an external provider; calls of one attempt that were
   * received twice; calls about a pair that no attempt on record stands for.
   */
  readonly duplicateCalls: number;
  /** Moments from which both copies of a pair ran. */
  readonly bothSidesRunning: number;
  /** Pairs that count as home but are not: not running there, or not protected from there. */
  readonly wrongWay: number;
  /** What is behind the numbers, in words; empty when all is well. */
  readonly findings: readonly string[];
}

/** Everything the judge goes by: the ledger only the hosts write, the hosts as they stand in the end, and the run. */
export interface Evidence {
  readonly views: RunViews;
  readonly run: string;
  readonly ledgerFile: string;
  readonly journal: AsyncIterable<JournalEntry>;
  readonly final: FinalLook;
}

const EXPLAINED: readonly MemberStatus[] = ['attention', 'failed', 'quarantined', 'cancelled'];

/** Judges a run from outside. For scenarios in which no accepted failback of a provider is made to fail, so one call per VM is all there should be. */
export async function judge({ views, run, ledgerFile, journal, final }: Evidence): Promise<Verdict> {
  const ledger = readLedger(ledgerFile);
  const intents = await countIntents(journal);
  const findings: string[] = [];
  let [members, completed, operator, lost, repeated, wrongWay] = [0, 0, 0, 0, 0, 0];
  for await (const { id, input, status, failure, state } of views.members(run)) {
    members++;
    const beyond = callsBeyond(ledger, input, intents.get(id) ?? 0);
    repeated += beyond;
    if (beyond > 0) findings.push(`${input.vm}: ${beyond} calls more than were intended`);
    if (status === 'completed') {
      completed++;
      const stands = input.partner === null ? null : whereItStands(final, input, input.partner);
      if (stands !== null) {
        wrongWay++;
        findings.push(`${input.vm}: completed, but ${stands}`);
      }
    } else if (EXPLAINED.includes(status) && failure) {
      operator++;
      findings.push(`${input.vm}: ${status} at ${state}: ${failure.message}`);
    } else {
      lost++;
      findings.push(`${input.vm}: ${state}`);
    }
  }
  const twice = sentTwice(ledger);
  for (const messageId of twice) findings.push(`MessageID ${messageId} received twice`);
  for (const { vmName, host, at } of ledger.bothSidesRunning)
    findings.push(`${vmName}: started on ${host} at ${at} while its other copy ran`);
  const bothSidesRunning = ledger.bothSidesRunning.length;
  return { members, completed, operator, lost, duplicateCalls: repeated + twice.length, bothSidesRunning, wrongWay, findings };
}

/** How often each member meant to make a call. */
async function countIntents(journal: AsyncIterable<JournalEntry>): Promise<ReadonlyMap<string, number>> {
  const intents = new Map<string, number>();
  for await (const { id, to } of journal) if (to.endsWith(': calling')) intents.set(id, (intents.get(id) ?? 0) + 1);
  return intents;
}

function callsBeyond(ledger: LedgerReading, { vmId, partner }: MemberInput, intended: number): number {
  if (partner === null) return Math.max(0, ledger.count(vmId, 'InitiateFailback').received - 1);
  return Math.max(0, ledger.calls.filter(({ vm, method }) => vm === vmId && !isRead(method)).length - intended);
}

function sentTwice({ calls }: LedgerReading): readonly string[] {
  const sent = calls.filter(({ method }) => !isRead(method)).map(({ messageId }) => messageId);
  const seen = new Set<string>();
  return sent.filter((id) => seen.has(id) || !seen.add(id));
}

/** Methods of WMI that change nothing may be called as often as one likes. */
function isRead(method: string): boolean {
  return method.startsWith('Get');
}

/** Null for a pair that runs at home and is protected from there. */
function whereItStands(final: FinalLook, { vmId, host, partner }: MemberInput, away: string): string | null {
  const [home, other] = [final.get(host)?.get(vmId), final.get(away)?.get(vmId)];
  if (!home || !other) return `it is not to be seen on ${home ? partner : host}`;
  if (home.power !== EnabledState.Running) return `it is in power state ${home.power} at home`;
  if (other.power !== EnabledState.Off) return `the copy away is in power state ${other.power}`;
  const roles = home.mode === ReplicationMode.Primary && other.mode === ReplicationMode.Replica;
  const states = home.replication?.state === ReplicationState.Replicating && other.replication?.state === ReplicationState.Replicating;
  return roles && states
    ? null
    : `it is mirrored another way: home mode ${home.mode} state ${home.replication?.state}, away mode ${other.mode} state ${other.replication?.state}`;
}
