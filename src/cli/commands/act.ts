import type { Command } from 'commander';
import { findMembers, RETRIED } from '../../runtime/commands.ts';
import { actOnMembers, actOnRun } from '../act-on-run.ts';
import { approveMembers, confirmFencing } from '../approve-members.ts';
import { confirmCancel } from '../confirm-cancel.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { withRedis } from '../redis-session.ts';
import { collect } from '../usage.ts';

interface ActOptions {
  readonly vm?: readonly string[];
  readonly reason?: string;
  readonly yes?: boolean;
  readonly fenced?: string;
}

const RUN = 'name of the run, the beginning of it, or "latest"';

export function addPause(program: Command, start: Start): void {
  command(program, 'pause', 'hold a run (or some VMs) before the next call; what runs on hosts goes on', start, pauseOrResume('pause'));
}

export function addResume(program: Command, start: Start): void {
  command(program, 'resume', 'let a paused run (or some VMs) go on', start, pauseOrResume('resume'));
}

export function addCancel(program: Command, start: Start): void {
  command(program, 'cancel', 'give up a run (or some VMs); says first what that means for each VM', start, cancel).option(
    '-y, --yes',
    'do not ask',
  );
}

export function addRetry(program: Command, start: Start): void {
  command(program, 'retry', 'try again what failed or waits for a person; done work is kept', start, retry);
}

export function addApprove(program: Command, start: Start): void {
  command(program, 'approve', 'let VMs go on that wait for approval, or confirm that a host out of sight is fenced', start, approve).option(
    '--fenced <vm>',
    'the copy of this VM on the host out of sight can not run; type its name exactly',
  );
}

type Act = (context: CliContext, run: string, options: ActOptions) => Promise<number>;

function command(program: Command, name: string, description: string, start: Start, act: Act): Command {
  return program
    .command(name)
    .description(description)
    .argument('<run>', RUN)
    .option('--vm <vm>', 'only this VM (name or id); may be repeated', collect)
    .option('--reason <text>', 'why, for the history')
    .action((run: string, options: ActOptions, self: Command) => start(self, (context) => act(context, run, options)));
}

function pauseOrResume(verb: 'pause' | 'resume'): Act {
  return (context, wanted, { vm = [], reason }) =>
    withRedis(context, async (session) => {
      const run = await findRun(session.views, wanted);
      if (vm.length === 0) return actOnRun(context, session, run, verb, reason);
      return actOnMembers(context, session, run, await findMembers(session.views, run, vm), verb, reason);
    });
}

const retry: Act = (context, wanted, { vm = [], reason }) =>
  withRedis(context, async (session) => {
    const run = await findRun(session.views, wanted);
    const ids = vm.length === 0 ? await session.views.idsIn(run, RETRIED) : await findMembers(session.views, run, vm);
    if (ids.length === 0) {
      context.output.print(`run ${run} has nothing to retry: no VM failed, is quarantined or waits for a person`);
      context.output.emit({ type: 'command', run, command: 'retry', accepted: [], refused: [] });
      return ExitCode.Done;
    }
    return actOnMembers(context, session, run, ids, 'retry', reason);
  });

const approve: Act = (context, wanted, { vm: vms = [], fenced, reason }) =>
  withRedis(context, async (session) => {
    const run = await findRun(session.views, wanted);
    if (fenced === undefined) return approveMembers(context, session, run, { vms, reason });
    return confirmFencing(context, session, run, fenced, { vms, reason });
  });

const cancel: Act = (context, wanted, { vm = [], reason, yes = false }) =>
  withRedis(context, async (session) => {
    const run = await findRun(session.views, wanted);
    const whole = vm.length === 0;
    const ids = whole
      ? await session.views.idsIn(run, ['pending', 'working', 'paused', 'attention'])
      : await findMembers(session.views, run, vm);
    if (!(await confirmCancel(context, session, run, ids, yes))) return ExitCode.Interrupted;
    if (whole) return actOnRun(context, session, run, 'cancel', reason);
    return actOnMembers(context, session, run, ids, 'cancel', reason);
  });
