import { FailbackError } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import type { Plan, PlanHost } from '../plan/plan.ts';
import { printable } from '../report/printable.ts';
import { goalOf } from '../report/status-words.ts';
import { createRun } from '../runtime/create-run.ts';
import type { RunId } from '../runtime/keys.ts';
import { askYes, canAsk } from './ask.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { runHostOf } from './host-connection.ts';
import { lookAtHosts, requireAllHosts } from './look-at-hosts.ts';
import { blockers, type CheckedMember, type Preflight, preflightPlan } from './preflight-plan.ts';
import { type FoundRedis, withRedisAt } from './redis-session.ts';
import { newMemberOf } from './run-members.ts';
import { newRunName } from './run-name.ts';
import type { RunPlanOptions } from './run-options.ts';
import { preflightLines, preflightObjects, problemLines, prospectLines } from './show-preflight.ts';

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
  const { intent = 'failback' } = options;
  const preflight = await preflightPlan(context, plan, inventory, intent);
  for (const line of problemLines(preflight, file, output.sideColors)) output.say(line);
  const blocked = blockers(preflight);
  const mayStart = blocked === 0 || options.adopt || (options.skipBlocked ?? false);
  if (options.dryRun) return showDryRun(context, preflight, file, mayStart);
  if (!mayStart) throw refused(context, preflight, file, blocked);
  if (options.adopt) sayAdopted(context, preflight);
  else if (blocked > 0)
    output.warn(`left out because they are blocked: ${counted(blocked, 'entry', 'entries')} (see ${context.command('preflight', file)})`);
  const members = preflight.members.filter((checked) => (options.adopt ? canAdopt(checked) : checked.result.verdict !== 'blocked'));
  if (members.length === 0) {
    const allHome = options.adopt && preflight.members.every(({ home }) => home);
    output.print(allHome ? 'every VM of the plan is where it shall run: there is nothing to adopt' : 'no VM of the plan can start');
    return allHome ? ExitCode.Done : ExitCode.Blocked;
  }
  if (!(await isWanted(context, plan, { ...preflight, members }, options))) {
    output.say('nothing was started');
    return ExitCode.Interrupted;
  }
  return create(context, request, members);
}

/** What a run can take over wherever it stands; what is home is left in peace, and what can not be told apart to people. */
function canAdopt({ home, prospect }: CheckedMember): boolean {
  return !home && prospect !== null;
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
      hosts: hostsOf(plan, members).map(runHostOf),
      inFlight: plan.limits.inFlight,
      members: members.map(({ member }) => newMemberOf(member)),
      adopt: options.adopt,
      intent: options.intent ?? 'failback',
    }),
  );
  output.say(`run ${run}: ${counted(members.length, 'VM')}`);
  return run;
}

/** Hosts of both copies, and the other nodes of their clusters: a machine may move to one of those in the middle. */
function hostsOf(plan: Plan, members: readonly CheckedMember[]): readonly PlanHost[] {
  const own = new Set(members.flatMap(({ member: { host, partner } }) => (partner === null ? [host] : [host, partner])));
  const clusters = new Set(plan.hosts.flatMap(({ name, cluster }) => (own.has(name) && cluster !== null ? [cluster] : [])));
  return plan.hosts.filter(({ name, cluster }) => own.has(name) || (cluster !== null && clusters.has(cluster)));
}

/** Asks where somebody can answer; a script that says `run` means it. */
async function isWanted(context: CliContext, plan: Plan, preflight: Preflight, { yes }: RunPlanOptions): Promise<boolean> {
  if (yes || !canAsk(context)) return true;
  const { output } = context;
  const { members, intent } = preflight;
  for (const line of preflightLines(preflight, output.sideColors).slice(0, output.size.rows)) output.say(line);
  const question = {
    failback: `Bring ${counted(members.length, 'VM')} home`,
    'planned-failover': `Move ${counted(members.length, 'VM')} to the other site`,
    drill: `Try out the replicas of ${counted(members.length, 'VM')}`,
  }[intent];
  return askYes(context, `${question} (plan ${printable(plan.name)})?`);
}

function showDryRun({ output }: CliContext, preflight: Preflight, file: string, mayStart: boolean): number {
  for (const object of preflightObjects(preflight, file)) output.emit(object);
  for (const line of preflightLines(preflight, output.colors)) output.print(line);
  output.print();
  for (const line of prospectLines(preflight, output.colors)) output.print(line);
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

function sayAdopted({ output }: CliContext, { members, intent }: Preflight): void {
  const count = (test: (checked: CheckedMember) => boolean) => members.filter(test).length;
  const done = count(({ home, result }) => home || result.verdict === 'already-done');
  const underWay = count(({ home, result, prospect }) => !home && isUnderWay(result, prospect, intent));
  const unclear = count(({ home, result }) => !home && result.verdict === 'blocked');
  const untouched = members.length - done - underWay - unclear;
  output.emit({ type: 'adopt', members: members.length, done, underWay, untouched, unclear });
  output.print(
    `found ${counted(members.length, 'VM')}: ${done} ${intent === 'failback' ? 'with their data home' : goalOf({ intent })}, ${underWay} under way, ${untouched} untouched${unclear > 0 ? `, ${unclear} to be looked at` : ''}`,
  );
  for (const { member, result, prospect } of members) {
    const [reason] = result.reasons;
    if (prospect && member.partner !== null) output.print(`${printable(member.vm)}: ${printable(prospect.stands)}`);
    if (!prospect && reason) output.print(`${printable(member.vm)}: left out: ${printable(reason.message)}`);
  }
}

/** Something of it is done, by this run's forerunner or by hand. */
function isUnderWay({ verdict }: CheckedMember['result'], prospect: CheckedMember['prospect'], intent: Intent): boolean {
  if (verdict === 'already-under-way') return true;
  const first = intent === 'planned-failover' ? 'shutdown' : 'commit';
  return verdict === 'ready' && (prospect?.steps.some(({ name, does }) => name === first && does === 'skip') ?? false);
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
