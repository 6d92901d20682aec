import { MEMBER_STATUSES } from '../domain/member.ts';
import { durationWords } from '../report/duration-words.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import type { HostTrouble } from '../runtime/host-health.ts';
import type { WorkerRecord } from '../runtime/presence.ts';
import type { MemberView, RunView } from '../runtime/run-view.ts';
import { statusBar } from './follow/bars.ts';
import type { RunModel } from './follow/run-model.ts';
import type { Colors } from './output.ts';
import { quoteArgument } from './quote-argument.ts';
import { table } from './table.ts';

/** Everything `status` shows. */
export interface RunStatus {
  readonly view: RunView;
  readonly model: RunModel;
  /** Members that wait for a person or ended without being home, in plan order. */
  readonly troubled: readonly MemberView[];
  /** Members in work. */
  readonly working: readonly MemberView[];
  readonly workers: readonly WorkerRecord[];
  readonly hostTroubles: readonly HostTrouble[];
  /** Last transition, ms since the epoch. */
  readonly lastAt: number | null;
}

/** Members shown one by one before the rest is only counted. */
const SHOWN = 10;

export function statusLines(
  { view, model, troubled, working, workers, hostTroubles, lastAt }: RunStatus,
  now: number,
  colors: Colors,
): readonly string[] {
  const { record, state, counts, calls } = view;
  const finished = state === 'finished';
  const lasted = durationWords((finished && lastAt !== null ? lastAt : now) - record.createdAt);
  const statuses = MEMBER_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  const made = Object.entries(calls).map(([effect, count]) => `${effect} ${count}`);
  return [
    `${colors.bold(record.run)}  ${finished ? colors.green(state) : colors.cyan(state)}`,
    `plan     ${printable(record.plan)}${record.adopt ? ' (adopted)' : ''}, started ${new Date(record.createdAt).toISOString()}, ${finished ? `took ${lasted}` : `${lasted} ago`}`,
    `members  ${statusBar(counts, 30, colors)} ${record.members}: ${statuses.join(', ')}`,
    ...(made.length > 0 ? [`calls    ${made.join(', ')}`] : []),
    ...(lastAt !== null && !finished ? [`news     last change ${durationWords(now - lastAt)} ago${nextTimerWords(working, now)}`] : []),
    ...workerLines(view, workers, colors),
    ...hostTroubles.map(({ host, failure }) => colors.red(`host ${host} can not be looked at: ${printable(failure.message)}`)),
    '',
    hostTable(model, colors),
    ...troubleLines(record.run, troubled, colors),
    ...workingLines(working, now, colors),
  ];
}

/** One object with everything, for scripts. */
export function statusObject({ view, model, troubled, working, workers, hostTroubles, lastAt }: RunStatus): object {
  const { record, state, counts, calls } = view;
  const times = working.flatMap(({ nextTimer }) => nextTimer ?? []);
  return {
    type: 'status',
    run: record.run,
    plan: record.plan,
    state,
    adopt: record.adopt,
    members: record.members,
    counts,
    calls,
    startedAt: new Date(record.createdAt).toISOString(),
    lastTransitionAt: iso(lastAt),
    nextTimerAt: iso(times.length === 0 ? null : Math.min(...times)),
    workers: workers.map(({ worker, startedAt, hosts }) => ({ worker, startedAt: new Date(startedAt).toISOString(), hosts })),
    hosts: record.hosts.map(({ name, inFlight }) => ({
      name,
      inFlight,
      counts: model.hosts.get(name) ?? null,
      trouble: hostTroubles.find(({ host }) => host === name)?.failure ?? null,
    })),
    attention: troubled.map(memberObject),
    working: working.map(memberObject),
  };
}

/** What a person can do about a member, as commands to be pasted. */
function commandsFor(run: string, { status, input }: Pick<MemberView, 'status' | 'input'>): readonly string[] {
  const vm = quoteArgument(input.vm === printable(input.vm) ? input.vm : input.vmId);
  const retry = `failback retry ${run} --vm ${vm}`;
  const cancel = `failback cancel ${run} --vm ${vm}`;
  if (status === 'attention' || status === 'failed') return [retry, cancel];
  if (status === 'quarantined') return [retry];
  return status === 'paused' ? [`failback resume ${run}`, cancel] : [];
}

function memberObject(member: MemberView): object {
  const { id, input, status, state, failure, percent, nextTimer, context } = member;
  const { attempt, jobId, seen } = context;
  return {
    id,
    vm: input.vm,
    vmId: input.vmId,
    host: input.host,
    status,
    state,
    attempt,
    jobId,
    percent,
    nextTimerAt: iso(nextTimer),
    seen,
    failure,
  };
}

function workerLines({ state }: RunView, workers: readonly WorkerRecord[], colors: Colors): readonly string[] {
  if (workers.length > 0) return [`workers  ${workers.length} alive`];
  return state === 'finished' ? [] : [colors.yellow('workers  none: nothing moves until a worker runs: failback worker')];
}

function nextTimerWords(working: readonly MemberView[], now: number): string {
  const next = working.filter(({ nextTimer }) => nextTimer !== null).sort((a, b) => (a.nextTimer ?? 0) - (b.nextTimer ?? 0))[0];
  if (!next || next.nextTimer === null) return '';
  return `, next timer in ${durationWords(next.nextTimer - now)} (${printable(next.input.vm)})`;
}

function hostTable(model: RunModel, colors: Colors): string {
  const rows = [...model.hosts].map(([name, counts]) => [
    name,
    statusBar(counts, 20, colors),
    String(counts.completed),
    String(counts.working),
    String(counts.pending + counts.paused),
    String(counts.attention + counts.failed + counts.quarantined),
  ]);
  return table(['host', '', 'home', 'in work', 'waiting', 'trouble'], rows, colors, ['home', 'in work', 'waiting', 'trouble']);
}

function troubleLines(run: string, troubled: readonly MemberView[], colors: Colors): readonly string[] {
  if (troubled.length === 0) return [];
  return [
    '',
    colors.yellow(`${troubled.length} member${troubled.length === 1 ? '' : 's'} need${troubled.length === 1 ? 's' : ''} a person`),
    ...troubled
      .slice(0, SHOWN)
      .flatMap((member) => [
        `  ${colors.bold(printable(member.input.vm))} on ${member.input.host}: ${member.status}, ${stateWords(member.state)}`,
        ...(member.failure ? [`    why     ${printable(member.failure.message)}`] : []),
        ...(member.failure?.remedy ? [`    remedy  ${printable(member.failure.remedy)}`] : []),
        `    then    ${commandsFor(run, member).join('   or   ')}`,
      ]),
    ...more(troubled.length),
  ];
}

function workingLines(working: readonly MemberView[], now: number, colors: Colors): readonly string[] {
  if (working.length === 0) return [];
  return [
    '',
    colors.cyan(`${working.length} in work`),
    ...working.slice(0, SHOWN).map(({ input, state, percent, nextTimer, failure, context }) => {
      const share = percent === null || context.jobId === null ? '' : ` ${Math.min(100, percent)} %`;
      const timer = nextTimer === null ? '' : `, timer in ${durationWords(nextTimer - now)}`;
      return `  ${printable(input.vm)} on ${input.host}: ${stateWords(state)}${share}${timer}${failure ? colors.dim(` (${printable(failure.message)})`) : ''}`;
    }),
    ...more(working.length),
  ];
}

function more(total: number): readonly string[] {
  return total > SHOWN ? [`  … and ${total - SHOWN} more (failback status --json lists all)`] : [];
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
