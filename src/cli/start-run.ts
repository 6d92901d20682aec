import { FailbackError } from '../domain/failure.ts';
import type { Plan } from '../plan/plan.ts';
import { printable } from '../report/printable.ts';
import { createRun } from '../runtime/create-run.ts';
import type { RunId } from '../runtime/keys.ts';
import { askYes, canAsk } from './ask.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { runHostOf } from './host-connection.ts';
import { lookAtHosts, requireAllHosts } from './look-at-hosts.ts';
import {
  blockers,
  type CheckedMember,
  type Preflight,
  preflightLines,
  preflightObjects,
  preflightPlan,
  problemLines,
} from './preflight-plan.ts';
import { type FoundRedis, withRedisAt } from './redis-session.ts';
import { newMemberOf } from './run-members.ts';
import { newRunName } from './run-name.ts';
import type { RunPlanOptions } from './run-options.ts';

export interface NewRunRequest {
  readonly file: string;
  readonly plan: Plan;
  readonly found: FoundRedis;
  /** Checked; undefined = make one. */
  readonly name: RunId | undefined;
  readonly options: RunPlanOptions;
}

/**
 * Looks at the hosts, checks every member, asks, and creates the run.
 * @returns the new run, or the exit code when nothing was started
 * @throws FailbackError `preflight.blocked`, or of a host that can not be looked at
 */
export async function startRun(context: CliContext, request: NewRunRequest): Promise<RunId | number> {
  const { output } = context;
  const { file, plan, options } = request;
  output.say(`looking at ${counted(plan.hosts.length, 'host')}…`);
  const inventory = await lookAtHosts(context, plan);
  requireAllHosts(inventory);
  const preflight = preflightPlan(plan, inventory);
  for (const line of problemLines(preflight, file, output.sideColors)) output.say(line);
  const blocked = blockers(preflight);
  const mayStart = blocked === 0 || options.adopt || (options.skipBlocked ?? false);
  if (options.dryRun) return showDryRun(context, preflight, file, mayStart);
  if (!mayStart) throw refused(context, preflight, file, blocked);
  if (options.adopt) sayAdopted(context, preflight);
  else if (blocked > 0)
    output.warn(`left out because they are blocked: ${counted(blocked, 'entry', 'entries')} (see ${context.command('preflight', file)})`);
  const members = preflight.members.filter((checked) => (options.adopt ? !checked.home : checked.result.verdict !== 'blocked'));
  if (members.length === 0) {
    output.print(options.adopt ? 'every VM of the plan is home: there is nothing to adopt' : 'no VM of the plan can start');
    return options.adopt ? ExitCode.Done : ExitCode.Blocked;
  }
  if (!(await isWanted(context, plan, members, options))) {
    output.say('nothing was started');
    return ExitCode.Interrupted;
  }
  return create(context, request, members);
}

async function create(
  { output, parts }: CliContext,
  { plan, found, name, options }: NewRunRequest,
  members: readonly CheckedMember[],
): Promise<RunId> {
  const run = name ?? newRunName(plan.name, parts.now());
  await withRedisAt(found, ({ runtime }) =>
    createRun(runtime, {
      run,
      plan: plan.name,
      createdBy: parts.operator,
      hosts: plan.hosts.filter((host) => members.some(({ member }) => member.host === host.name)).map(runHostOf),
      inFlight: plan.limits.inFlight,
      members: members.map(({ member }) => newMemberOf(member)),
      adopt: options.adopt,
    }),
  );
  output.say(`run ${run}: ${counted(members.length, 'VM')}`);
  return run;
}

/** Asks where somebody can answer; a script that says `run` means it. */
async function isWanted(context: CliContext, plan: Plan, members: readonly CheckedMember[], { yes }: RunPlanOptions): Promise<boolean> {
  if (yes || !canAsk(context)) return true;
  const { output } = context;
  for (const line of preflightLines({ members, problems: [] }, output.sideColors).slice(0, output.size.rows)) output.say(line);
  return askYes(context, `Bring ${counted(members.length, 'VM')} home (plan ${printable(plan.name)})?`);
}

function showDryRun({ output }: CliContext, preflight: Preflight, file: string, mayStart: boolean): number {
  for (const object of preflightObjects(preflight, file)) output.emit(object);
  for (const line of preflightLines(preflight, output.colors)) output.print(line);
  output.print();
  for (const { member, result } of preflight.members.filter(({ result: { verdict } }) => verdict !== 'blocked')) {
    const { start, after } = member.settings;
    const todo = [
      ...(result.verdict === 'ready'
        ? ['InitiateFailback']
        : result.verdict === 'already-under-way'
          ? ['watch the failback that is under way']
          : []),
      ...(start ? ['start', 'verify'] : []),
      ...(after === 'none' ? [] : [after]),
    ];
    output.print(`${printable(member.vm)}: ${todo.length === 0 ? 'nothing left to do' : todo.join(', ')}`);
  }
  output.print(mayStart ? 'dry run: nothing was started' : 'dry run: a run would be refused because of what is blocked');
  return mayStart ? ExitCode.Done : ExitCode.Blocked;
}

function refused({ output }: CliContext, preflight: Preflight, file: string, blocked: number): FailbackError {
  for (const object of preflightObjects(preflight, file)) output.emit(object);
  for (const line of preflightLines(preflight, output.colors)) output.print(line);
  return new FailbackError({
    class: 'operator',
    code: 'preflight.blocked',
    message: `pre-flight blocks ${counted(blocked, 'entry', 'entries')} of ${file}: nothing was started`,
    remedy: 'Do what the remedies above say, or start the others with --skip-blocked.',
  });
}

function sayAdopted({ output }: CliContext, { members }: Preflight): void {
  const count = (test: (checked: CheckedMember) => boolean) => members.filter(test).length;
  const done = count(({ home, result }) => home || result.verdict === 'already-done');
  const underWay = count(({ result }) => result.verdict === 'already-under-way');
  const untouched = count(({ result }) => result.verdict === 'ready');
  const unclear = members.length - done - underWay - untouched;
  output.emit({ type: 'adopt', members: members.length, done, underWay, untouched, unclear });
  output.print(
    `found ${counted(members.length, 'VM')}: ${done} with their data home, ${underWay} under way, ${untouched} untouched${unclear > 0 ? `, ${unclear} to be looked at` : ''}`,
  );
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
