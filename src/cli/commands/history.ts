import type { Command } from 'commander';
import { eventWords, evidenceOf } from '../../report/event-words.ts';
import { pointOfNoReturn } from '../../report/point-of-no-return.ts';
import { printable } from '../../report/printable.ts';
import { stateWords } from '../../report/state-words.ts';
import { findMembers } from '../../runtime/commands.ts';
import type { JournalEntry } from '../../runtime/journal.ts';
import type { InstanceId } from '../../runtime/keys.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { modelOf } from '../follow/load-model.ts';
import type { FollowedMember } from '../follow/run-model.ts';
import { transitionObject } from '../follow/transition-line.ts';
import type { Colors } from '../output.ts';
import { RUN_OR_ARCHIVE, withRunSource } from '../run-source.ts';
import { collect } from '../usage.ts';

interface HistoryOptions {
  readonly vm?: readonly string[];
  readonly archive?: string;
}

export function addHistory(program: Command, start: Start): void {
  program
    .command('history')
    .description('everything that happened in a run: time, VM, from → to, why')
    .argument('[run]', RUN_OR_ARCHIVE.run)
    .option('--vm <vm>', 'only this VM (name or id); may be repeated', collect)
    .option('--archive <file>', RUN_OR_ARCHIVE.archive)
    .action((run: string | undefined, options: HistoryOptions, command: Command) =>
      start(command, (context) => showHistory(context, run, options)),
    );
}

async function showHistory(context: CliContext, wanted: string | undefined, { vm: vms = [], archive }: HistoryOptions): Promise<number> {
  const { output, interrupts } = context;
  return withRunSource(context, { run: wanted, archive }, async (source, run) => {
    const only: ReadonlySet<InstanceId> | null = vms.length === 0 ? null : new Set(await findMembers(source, run, vms));
    const model = await modelOf(source, run);
    for await (const entry of source.journal(run)) {
      if (interrupts.happened) break;
      if (only && !only.has(entry.id)) continue;
      const member = model.member(entry.id);
      const point = member ? pointOfNoReturn(entry, member.strategy) : null;
      output.print(historyLine(entry, member, output.colors));
      if (point !== null && member) output.print(output.colors.yellow(pointLine(entry, member.vm, point)));
      output.emit({ ...transitionObject(run, member, entry), pointOfNoReturn: point, data: entry.data });
    }
    return ExitCode.Done;
  });
}

/** "2026-01-02 03:04:05.678  sql01  failback: calling the host → failback: data is on its way home  answered 4096 (job started)". */
function historyLine(entry: JournalEntry, member: FollowedMember | undefined, colors: Colors): string {
  const { failure, attempt } = evidenceOf(entry);
  const from = entry.from === '' ? '' : `${stateWords(entry.from, member)} → `;
  const nth = attempt !== undefined && attempt > 1 ? ` (attempt ${attempt})` : '';
  const words = eventWords(entry, member);
  const trouble = failure && failure.message !== words ? colors.yellow(` ! ${printable(failure.message)}`) : '';
  const who = colors.bold(member ? printable(member.vm) : 'run');
  return `${colors.dim(timeOf(entry))}  ${who}  ${from}${stateWords(entry.to, member)}${nth}  ${colors.dim(printable(words))}${trouble}`;
}

function pointLine(entry: JournalEntry, vm: string, point: string): string {
  return `${timeOf(entry)}  ${printable(vm)}  point of no return: ${point}`;
}

function timeOf({ at }: JournalEntry): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 23);
}
