import { backlogNow, backlogWords } from '../report/backlog-words.ts';
import { durationWords } from '../report/duration-words.ts';
import { placeOf, placeWords } from '../report/place.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import { countWords } from '../report/status-words.ts';
import type { HostTrouble } from '../runtime/host-health.ts';
import type { InstanceId } from '../runtime/keys.ts';
import type { WorkerRecord } from '../runtime/presence.ts';
import type { MemberView, RunView } from '../runtime/run-view.ts';
import { type CancelMeaning, cancelWords } from './cancel-meaning.ts';
import type { CommandHint } from './command-hint.ts';
import { statusBar } from './follow/bars.ts';
import type { RunModel } from './follow/run-model.ts';
import { standstillOf } from './follow/standstill.ts';
import { hostTroubleWords } from './host-trouble-words.ts';
import type { Colors } from './output.ts';
import { runStateWords } from './run-state-words.ts';
import { table } from './table.ts';
import { timerWords } from './timer-words.ts';
import { waysOn } from './ways-on.ts';

/** Everything `status` shows. */
export interface RunStatus {
  readonly view: RunView;
  readonly model: RunModel;
  /** Members a person may do something about, in plan order. */
  readonly troubled: readonly MemberView[];
  /** Members in work. */
  readonly working: readonly MemberView[];
  /** What a cancel would do now to each of them. */
  readonly cancels: ReadonlyMap<InstanceId, CancelMeaning>;
  /** Those that look after the run. */
  readonly workers: readonly WorkerRecord[];
  readonly hostTroubles: readonly HostTrouble[];
  /** Last transition, ms since the epoch. */
  readonly lastAt: number | null;
}

/** Members shown one by one before the rest is only counted. */
const SHOWN = 10;

export function statusLines(
  { view, model, troubled, working, cancels, workers, hostTroubles, lastAt }: RunStatus,
  now: number,
  command: CommandHint,
  colors: Colors,
): readonly string[] {
  const { record, state, counts, calls } = view;
  const finished = state === 'finished';
  const lasted = durationWords((finished && lastAt !== null ? lastAt : now) - record.createdAt);
  const words = runStateWords(view);
  const made = Object.entries(calls).map(([effect, count]) => `${effect} ${count}`);
  return [
    `${colors.bold(record.run)}  ${finished ? colors.green(words) : words === state ? colors.cyan(words) : colors.yellow(words)}`,
    `plan     ${printable(record.plan)}${record.adopt ? ' (adopted)' : ''}, started ${new Date(record.createdAt).toISOString()}, ${finished ? `took ${lasted}` : `${lasted} ago`}`,
    `members  ${statusBar(counts, 30, colors)} ${record.members}: ${countWords(counts, undefined, model.goal).join(', ')}`,
    ...(made.length > 0 ? [`calls    ${made.join(', ')}`] : []),
    ...(lastAt !== null && !finished ? [`news     last change ${durationWords(now - lastAt)} ago`] : []),
    ...workerLine(view, workers, command, colors),
    ...hostTroubles.flatMap((trouble) => [
      colors.red(`no look at ${printable(hostTroubleWords(trouble))}`),
      ...(trouble.failure.remedy ? [`    remedy  ${printable(trouble.failure.remedy)}`] : []),
    ]),
    ...(finished ? [] : gapLines(record.run, workers, hostTroubles, colors)),
    '',
    hostTable(model, colors),
    ...workingLines(working, cancels, now, colors),
    ...waysOn(view, troubled, command, colors, cancels),
  ];
}

/** One object with everything, for scripts. */
export function statusObject({ view, model, troubled, working, cancels, workers, hostTroubles, lastAt }: RunStatus): object {
  const { record, state, counts, calls } = view;
  const times = working.flatMap(({ nextTimer }) => nextTimer ?? []);
  return {
    type: 'status',
    run: record.run,
    plan: record.plan,
    state,
    waitsFor: standstillOf(view) === 'people' ? 'person' : null,
    adopt: record.adopt,
    members: record.members,
    counts,
    calls,
    startedAt: new Date(record.createdAt).toISOString(),
    lastTransitionAt: iso(lastAt),
    nextTimerAt: iso(times.length === 0 ? null : Math.min(...times)),
    workers: workers.map(({ worker, startedAt, hosts, runs, gaps }) => ({
      worker,
      startedAt: new Date(startedAt).toISOString(),
      hosts,
      runs,
      cannotLogOn: gaps.filter((gap) => gap.run === record.run).map(({ host, failure }) => ({ host, failure })),
    })),
    hosts: record.hosts.map(({ name, inFlight, transfers = inFlight }) => ({
      name,
      inFlight,
      transfers,
      counts: model.hosts.get(name) ?? null,
      trouble: hostTroubles.find(({ host }) => host === name)?.failure ?? null,
    })),
    attention: troubled.map((member) => memberObject(member, cancels)),
    working: working.map((member) => memberObject(member, cancels)),
  };
}

function memberObject(member: MemberView, cancels: RunStatus['cancels']): object {
  const { id, input, status, state, failure, percent, backlog, nextTimer, context } = member;
  const { attempt, jobId, seen, course, skipped, stoppedAt, homeAt } = context;
  return {
    id,
    vm: input.vm,
    vmId: input.vmId,
    host: input.host,
    partner: input.partner,
    strategy: input.settings.strategy,
    status,
    state,
    course,
    attempt,
    jobId,
    percent,
    backlog: backlogNow(state, backlog),
    skipped,
    stoppedAt: iso(stoppedAt),
    homeAt: iso(homeAt),
    cancel: cancels.get(id) ?? 'nothing',
    nextTimerAt: iso(nextTimer),
    seen,
    failure,
  };
}

/** Without workers nothing moves; but where only a person is waited for, that is not what is missing. */
function workerLine(view: RunView, workers: readonly WorkerRecord[], command: CommandHint, colors: Colors): readonly string[] {
  if (workers.length > 0) return [`workers  ${workers.length} alive`];
  switch (standstillOf(view)) {
    case 'finished':
      return [];
    case 'people':
      return ['workers  none, and none is needed before a person has acted'];
    case 'ended':
      return [`workers  none; every VM has ended, the next worker closes the run: ${command('worker')}`];
    case null:
      return [colors.yellow(`workers  none: nothing moves until a worker runs: ${command('worker')}`)];
  }
}

/** Workers that leave a host to others because of what they lack. */
function gapLines(run: string, workers: readonly WorkerRecord[], hostTroubles: readonly HostTrouble[], colors: Colors): readonly string[] {
  return workers.flatMap(({ worker, gaps }) =>
    gaps
      .filter((gap) => gap.run === run && !hostTroubles.some(({ host }) => host === gap.host))
      .map(({ host, failure }) => colors.yellow(`worker ${worker} leaves ${host} to others: ${printable(failure.message)}`)),
  );
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
  return table(['host', '', model.goal, 'in work', 'waiting', 'trouble'], rows, colors, [model.goal, 'in work', 'waiting', 'trouble']);
}

function workingLines(working: readonly MemberView[], cancels: RunStatus['cancels'], now: number, colors: Colors): readonly string[] {
  if (working.length === 0) return [];
  return [
    '',
    colors.cyan(`${working.length} in work`),
    ...working.slice(0, SHOWN).flatMap((member) => {
      const { id, input, failure } = member;
      const place = placeOf(input);
      const parts = [workWords(member, now), downWords(member, now)].filter((part) => part !== null).join(', ');
      const why = failure ? colors.dim(` (${printable(failure.message)})`) : '';
      const cancel = cancelWords(cancels.get(id) ?? 'nothing', place.strategy);
      return [`  ${printable(input.vm)} ${placeWords(place)}: ${parts}${why}`, colors.dim(`    cancel  ${cancel}`)];
    }),
    ...more(working.length),
  ];
}

function workWords({ input, state, percent, backlog, nextTimer, context }: MemberView, now: number): string {
  const share = percent === null || context.jobId === null ? '' : ` ${Math.min(100, percent)} %`;
  const moving = backlogNow(state, backlog);
  const timer = timerWords(state, nextTimer, now);
  const words = [`${stateWords(state, placeOf(input))}${share}`, moving && backlogWords(moving, now), timer];
  return words.filter((part) => part !== null).join(', ');
}

/** "down for 2m 05s (objective 15m 00s)", while this run keeps the VM down. */
function downWords({ input, context }: MemberView, now: number): string | null {
  const { stoppedAt, homeAt } = context;
  if (stoppedAt === null || (homeAt !== null && homeAt >= stoppedAt)) return null;
  const { rto } = input.settings;
  return `down for ${durationWords(now - stoppedAt)}${rto === null ? '' : ` (objective ${durationWords(rto)})`}`;
}

function more(total: number): readonly string[] {
  return total > SHOWN ? [`  … and ${total - SHOWN} more (failback status --json lists all)`] : [];
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
