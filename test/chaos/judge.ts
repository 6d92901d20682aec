import type { MemberStatus } from '../../src/domain/member.ts';
import type { RunViews } from '../../src/runtime/run-view.ts';
import { readLedger } from '../../src/simulator/world/ledger.ts';

export interface Verdict {
  readonly members: number;
  readonly completed: number;
  /** Members that wait for a person, with a reason. */
  readonly operator: number;
  /** Members that have neither come home nor ended with a reason. */
  readonly lost: number;
  /** InitiateFailback calls the hosts received beyond the one each VM needs, and calls of one attempt that were received twice. */
  readonly duplicateCalls: number;
  /** VMs of which two copies ran; a provider failback has one copy only. */
  readonly bothSidesRunning: number;
  /** What is behind the numbers, in words; empty when all is well. */
  readonly findings: readonly string[];
}

const EXPLAINED: readonly MemberStatus[] = ['attention', 'failed', 'quarantined', 'cancelled'];

/**
 * Judges a run from outside: by the ledger the hosts kept of every call they received.
 * For scenarios in which no accepted failback is made to fail, so one call per VM is all there should be.
 */
export async function judge(views: RunViews, run: string, ledgerFile: string): Promise<Verdict> {
  const ledger = readLedger(ledgerFile);
  const findings: string[] = [];
  let completed = 0;
  let operator = 0;
  let lost = 0;
  let repeated = 0;
  let members = 0;
  for await (const { input, status, failure, state } of views.members(run)) {
    members++;
    const { received } = ledger.count(input.vmId, 'InitiateFailback');
    if (received > 1) {
      repeated += received - 1;
      findings.push(`${input.vm}: ${received} calls of InitiateFailback`);
    }
    if (status === 'completed') {
      completed++;
      if (received === 0) findings.push(`${input.vm}: completed without a call`);
    } else if (EXPLAINED.includes(status) && failure) {
      operator++;
      findings.push(`${input.vm}: ${status}: ${failure.message}`);
    } else {
      lost++;
      findings.push(`${input.vm}: ${state}`);
    }
  }
  const twice = ledger.duplicateMessageIds;
  for (const messageId of twice) findings.push(`MessageID ${messageId} received twice`);
  return { members, completed, operator, lost, duplicateCalls: repeated + twice.length, bothSidesRunning: 0, findings };
}
