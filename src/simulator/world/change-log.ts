import { EnabledState } from '../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState } from '../../domain/replication.ts';
import { bytesLeft, cancelOperation } from './operation.ts';
import type { DueEvent } from './timeline.ts';
import { diskBytes, lastReplicationTime, type VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

/**
 * What a primary has written and not yet sent. It is reckoned when somebody looks or when something changes, so machines nobody looks
 * at cost nothing. Every replication interval the changes so far are handed to a cycle, which sends them at the machine's rate.
 */
export interface ChangeLog {
  /** `off`: nothing is tracked. `keeps`: tracked, nothing is sent. `sends`: tracked and sent with every cycle. */
  how: 'off' | 'keeps' | 'sends';
  /** The guest runs and writes. */
  writing: boolean;
  /** Bytes since the last cycle began, up to `at`. */
  written: number;
  /** Bytes handed to a cycle and not yet sent, up to `at`. */
  unsent: number;
  at: number;
  /** When the next cycle begins; while it sends. */
  nextCycle: number;
  /** Beginning of the monitoring window; the counts are of it. */
  since: number;
  cycles: number;
  missed: number;
  sentBytes: number;
  largestCycle: number;
  /** When the log is too large to go on, if it grows. */
  overflow: DueEvent | null;
}

/** Share of the disks' size at which a change log is given up. */
const LIMIT = 0.5;
/** Cycles the monitoring window of a machine that is replicated has at the start. */
const CYCLES_SO_FAR = 12;

const TRACKED: readonly number[] = [
  ReplicationState.WaitingToCompleteInitialReplication,
  ReplicationState.Replicating,
  ReplicationState.SyncedReplicationComplete,
  ReplicationState.Suspended,
  ReplicationState.Critical,
  ReplicationState.Resynchronizing,
  ReplicationState.ResynchronizationSuspended,
];
/** States that end in 9 when the log is too large. */
const OVERFLOWING: readonly number[] = [
  ReplicationState.Replicating,
  ReplicationState.Suspended,
  ReplicationState.Critical,
  ReplicationState.Resynchronizing,
  ReplicationState.ResynchronizationSuspended,
];

/** The log of a machine nothing is tracked of. */
export function emptyChangeLog(now: number): ChangeLog {
  return {
    how: 'off',
    writing: false,
    written: 0,
    unsent: 0,
    at: now,
    nextCycle: now,
    since: now,
    cycles: 0,
    missed: 0,
    sentBytes: 0,
    largestCycle: 0,
    overflow: null,
  };
}

/** Begins the log of a machine of the starting scene: one that replicates has done so for some cycles. */
export function beginChangeLog(world: World, vm: VirtualMachine): void {
  const { changeLog: log, relationship } = vm;
  if (vm.mode === ReplicationMode.Primary && relationship && relationship.lastReplicationTime !== null) {
    const intervalMs = relationship.replicationInterval * 1000;
    const bytes = churn(vm) * intervalMs;
    log.since = world.now() - CYCLES_SO_FAR * intervalMs;
    Object.assign(log, { cycles: CYCLES_SO_FAR, sentBytes: CYCLES_SO_FAR * bytes, largestCycle: bytes });
    if (howOf(world, vm) === 'sends') {
      const last = lastReplicationTime(relationship, world.now()) ?? world.now();
      log.how = 'sends';
      log.nextCycle = last + intervalMs;
      log.written = churn(vm) * (world.now() - last);
    }
  }
  refreshChangeLog(world, vm);
}

/** Brings the log in line with what has just changed: mode, state, power, the other side, its host. */
export function refreshChangeLog(world: World, vm: VirtualMachine): void {
  const { changeLog: log } = vm;
  const now = world.now();
  reckon(vm, now);
  const how = howOf(world, vm);
  const writing = vm.power === EnabledState.Running || vm.power === EnabledState.ShuttingDown;
  if (how === log.how && writing === log.writing) return;
  if (how !== log.how) turn(world, vm, how, now);
  log.writing = writing;
  log.overflow?.cancel();
  log.overflow = null;
  scheduleOverflow(world, vm);
}

/** Bytes that are still to be sent: changes, and what is left of a copy that is going on. */
export function pendingBytes(world: World, vm: VirtualMachine): number {
  reckon(vm, world.now());
  const copy = vm.operation ? bytesLeft(vm.operation) : 0;
  return Math.floor(vm.changeLog.written + vm.changeLog.unsent + copy);
}

/** Everything is sent: the last changes before a planned failover, or a copy that includes them. */
export function emptyLog(world: World, vm: VirtualMachine): void {
  reckon(vm, world.now());
  const { changeLog: log } = vm;
  count(log, log.written);
  log.written = 0;
  log.unsent = 0;
}

function turn(world: World, vm: VirtualMachine, how: ChangeLog['how'], now: number): void {
  const { changeLog: log, relationship } = vm;
  const partner = world.partnerOf(vm)?.relationship;
  const sides = [relationship, partner].filter((side) => side !== null && side !== undefined);
  if (log.how === 'sends') {
    for (const side of sides) {
      side.lastReplicationTime = lastReplicationTime(side, log.at);
      side.cycling = false;
    }
  }
  if (how === 'off') Object.assign(log, { written: 0, unsent: 0 });
  if (how === 'sends') {
    // A connection that is there again is used at once.
    log.nextCycle = now;
    for (const side of sides) Object.assign(side, { cycling: true, lastReplicationTime: now, lastApplyTime: now });
  }
  log.how = how;
  reckon(vm, now);
}

function howOf(world: World, vm: VirtualMachine): ChangeLog['how'] {
  const state = vm.relationship?.state;
  if (vm.mode !== ReplicationMode.Primary || state === undefined || !TRACKED.includes(state)) return 'off';
  if (state !== ReplicationState.Replicating) return 'keeps';
  if (vm.partnerHost === null) return 'sends';
  const partner = world.partnerOf(vm);
  const connected = world.host(vm.hostName).up && world.host(vm.partnerHost).up;
  const receives = partner?.mode === ReplicationMode.Replica && partner.relationship?.state === ReplicationState.Replicating;
  return connected && receives ? 'sends' : 'keeps';
}

function reckon(vm: VirtualMachine, now: number): void {
  const { changeLog: log } = vm;
  const writes = log.writing ? churn(vm) : 0;
  if (log.how !== 'sends') {
    if (log.how === 'keeps') log.written += writes * (now - log.at);
    log.at = now;
    return;
  }
  const sends = rate(vm);
  const intervalMs = (vm.relationship?.replicationInterval ?? 300) * 1000;
  const step = (until: number): void => {
    const elapsed = Math.max(0, until - log.at);
    log.unsent = Math.max(0, log.unsent - sends * elapsed);
    log.written += writes * elapsed;
    log.at = Math.max(log.at, until);
  };
  while (log.nextCycle <= now) {
    step(log.nextCycle);
    if (log.unsent > 0) log.missed += 1;
    count(log, log.written);
    log.unsent += log.written;
    log.written = 0;
    log.nextCycle += intervalMs;
    // Once a whole cycle sends exactly what a whole interval writes, all later ones are alike.
    const alike = Math.floor((now - log.at) / intervalMs);
    if (alike > 0 && log.unsent <= Math.min(sends, writes) * intervalMs) {
      log.cycles += alike;
      log.sentBytes += alike * writes * intervalMs;
      log.at += alike * intervalMs;
      log.nextCycle += alike * intervalMs;
      log.unsent = writes * intervalMs;
    }
  }
  step(now);
}

function count(log: ChangeLog, bytes: number): void {
  log.cycles += 1;
  log.sentBytes += bytes;
  log.largestCycle = Math.max(log.largestCycle, bytes);
}

function scheduleOverflow(world: World, vm: VirtualMachine): void {
  const { changeLog: log, relationship } = vm;
  if (log.how === 'off' || !log.writing || !relationship || !OVERFLOWING.includes(relationship.state)) return;
  const growth = churn(vm) - (log.how === 'sends' ? rate(vm) : 0);
  if (growth <= 0) return;
  const room = LIMIT * diskBytes(vm) - log.written - log.unsent;
  log.overflow = world.timeline.schedule(world.now() + Math.max(0, room) / growth, () => {
    reckon(vm, world.now());
    const full = log.written + log.unsent >= LIMIT * diskBytes(vm) * 0.999;
    if (full) losesTrack(world, vm);
    else scheduleOverflow(world, vm);
  });
}

/** The primary stops tracking its changes (9): only a resynchronisation helps. A resynchronisation that is going on is given up. */
export function losesTrack(world: World, vm: VirtualMachine): void {
  const { relationship } = vm;
  if (vm.mode !== ReplicationMode.Primary || !relationship || !OVERFLOWING.includes(relationship.state)) return;
  if (relationship.state === ReplicationState.Resynchronizing && vm.operation) cancelOperation(vm.operation, 8);
  relationship.state = ReplicationState.WaitingToStartResynchronization;
  relationship.health = ReplicationHealth.Critical;
  world.touch(vm);
}

/** Bytes the guest writes in a millisecond. */
function churn(vm: VirtualMachine): number {
  return vm.quirks.churnMBps * 1000;
}

/** Bytes a transfer of the machine sends in a millisecond. */
function rate(vm: VirtualMachine): number {
  return vm.quirks.rateMBps * 1000;
}
