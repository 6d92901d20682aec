import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../../plan/duration.ts';
import { dataDirectory } from '../../redis/locate-redis.ts';
import { byteWords } from '../../report/byte-words.ts';
import { printable } from '../../report/printable.ts';
import { archiveRun, endOf } from '../../runtime/archive-run.ts';
import type { RunId } from '../../runtime/keys.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { isUnknownRun } from '../is-unknown-run.ts';
import { type RedisSession, withRedis } from '../redis-session.ts';
import { usageError } from '../usage.ts';

interface ArchiveOptions {
  /** Milliseconds. */
  readonly endedBefore?: number;
  readonly out?: string;
}

export function addArchive(program: Command, start: Start): void {
  program
    .command('archive')
    .description('take runs that have ended out of Redis, each into a file that "report" and "history" still read')
    .argument('[runs...]', 'names of runs, or the beginnings of them')
    .option('--ended-before <age>', 'all runs that ended longer ago than this, e.g. 30d', readAge)
    .option('--out <dir>', 'where to (default: archive in FAILBACK_DATA)')
    .action((runs: readonly string[], options: ArchiveOptions, command: Command) =>
      start(command, (context) => archive(context, runs, options)),
    );
}

async function archive(context: CliContext, wanted: readonly string[], { endedBefore, out }: ArchiveOptions): Promise<number> {
  const { output, parts } = context;
  if ((wanted.length === 0) === (endedBefore === undefined))
    throw usageError('give names of runs, or --ended-before', 'See "failback archive --help".');
  const directory = out ?? join(dataDirectory(parts.env), 'archive');
  return withRedis(context, async (session) => {
    const runs =
      endedBefore === undefined
        ? await Promise.all(wanted.map((name) => findRun(session.views, name)))
        : await endedRuns(session, parts.now() - endedBefore);
    let archived = 0;
    for (const run of new Set(runs)) {
      const file = join(directory, `${run}.failback-archive.jsonl.gz`);
      try {
        const { members, entries } = await archiveRun(session.runtime, run, file);
        const bytes = statSync(file).size;
        output.emit({ type: 'archive', run, file, members, entries, bytes });
        output.print(`archived ${run}: ${members} VMs, ${entries} journal entries, ${byteWords(bytes)} in ${printable(file)}`);
        archived++;
      } catch (error) {
        // A name Redis has kept, of a run whose records it has lost: nobody asked for this one.
        if (endedBefore === undefined || !isUnknownRun(error)) throw error;
      }
    }
    if (archived === 0) output.print(`nothing to archive: no run has ended longer than ${formatDuration(endedBefore ?? 0)} ago`);
    return ExitCode.Done;
  });
}

/** Runs that ended before a time, oldest first, and names without records: of runs whose archiving was killed at its very end. */
async function endedRuns({ runtime, views }: RedisSession, before: number): Promise<readonly RunId[]> {
  const found: RunId[] = [];
  for (const run of (await views.list()).toReversed()) {
    const state = await views.run(run).then(
      (view) => view.state,
      (error: unknown) => {
        if (isUnknownRun(error)) return null;
        throw error;
      },
    );
    if (state === null || (state === 'finished' && ((await endOf(runtime, run)) ?? before) < before)) found.push(run);
  }
  return found;
}

function readAge(text: string): number {
  const age = parseDuration(text);
  if (age === null) throw new InvalidArgumentError('Give a time like 30d, 12h or 1d12h.');
  return age;
}
