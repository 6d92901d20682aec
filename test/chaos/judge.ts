import type { MemberInput, MemberStatus } from '../../src/domain/member.ts';
import { EnabledState } from '../../src/domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../src/domain/replication.ts';
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
   * Calls that should not have been: calls of one attempt that were received twice; calls no attempt on record stands for; an InitiateFailback
   * for a VM of an external provider after one that was accepted, unless its host crashed or forgot its jobs in between.
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
  /** Calls each member meant to make. */
  readonly intents: ReadonlyMap<string, number>;
  /** When hosts lost what they were at, host time. */
  readonly interruptions: readonly Interruption[];
  readonly final: FinalLook;
}

export interface Interruption {
  readonly host: string;
  /** ISO 8601 */
  readonly at: string;
}

const EXPLAINED: readonly MemberStatus[] = ['attention', 'failed', 'quarantined', 'cancelled'];

/** Judges a run from outside. For scenarios in which an accepted failback of a provider fails only with its host. */
export async function judge({ views, run, ledgerFile, intents, interruptions, final }: Evidence): Promise<Verdict> {
  const ledger = readLedger(ledgerFile);
  const findings: string[] = [];
  let [members, completed, operator, lost, repeated, wrongWay] = [0, 0, 0, 0, 0, 0];
  for await (const { id, input, status, failure, state } of views.members(run)) {
    members++;
    const beyond = callsBeyond(ledger, input, intents.get(id) ?? 0);
    if (beyond > 0) findings.push(`${input.vm} (${id}): ${beyond} calls more than were intended`);
    const again = input.partner === null ? failbacksAgain(ledger, input, interruptions) : 0;
    if (again > 0) findings.push(`${input.vm} (${id}): ${again} more InitiateFailback while one that was accepted stood`);
    repeated += Math.max(beyond, again);
    if (status === 'completed') {
      completed++;
      const stands = input.partner === null ? null : whereItStands(final, input, input.partner);
      if (stands !== null) {
        wrongWay++;
        findings.push(`${input.vm} (${id}): completed, but ${stands}`);
      }
    } else if (EXPLAINED.includes(status) && failure) {
      operator++;
      findings.push(`${input.vm} (${id}): ${status} at ${state}: ${failure.message}`);
    } else {
      lost++;
      findings.push(`${input.vm} (${id}): lost at ${state}`);
    }
  }
  const twice = sentTwice(ledger);
  for (const messageId of twice) findings.push(`MessageID ${messageId} received twice`);
  for (const { vmName, host, at } of ledger.bothSidesRunning)
    findings.push(`${vmName}: started on ${host} at ${at} while its other copy ran`);
  const bothSidesRunning = ledger.bothSidesRunning.length;
  return { members, completed, operator, lost, duplicateCalls: repeated + twice.length, bothSidesRunning, wrongWay, findings };
}

function callsBeyond(ledger: LedgerReading, { vmId }: MemberInput, intended: number): number {
  return Math.max(0, ledger.calls.filter(({ vm, method }) => vm === vmId && !isRead(method)).length - intended);
}

/** Calls after an accepted one of which the host still knew. An answer that is not on record counts as accepted. */
function failbacksAgain(ledger: LedgerReading, { vmId }: MemberInput, interruptions: readonly Interruption[]): number {
  const answers = new Map(ledger.outcomes.map(({ n, returnValue }) => [n, returnValue]));
  const calls = ledger.calls.filter(({ vm, method }) => vm === vmId && method === 'InitiateFailback');
  return calls.filter((call, index) => {
    const before = calls[index - 1];
    if (!before || ![0, 4096, undefined].includes(answers.get(before.n))) return false;
    return !interruptions.some(({ host, at }) => host === before.host && at >= before.at && at <= call.at);
  }).length;
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
