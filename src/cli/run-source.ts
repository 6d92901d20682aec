import type { RunId } from '../runtime/keys.ts';
import { RunArchive, type RunSource } from '../runtime/run-archive.ts';
import type { CliContext } from './context.ts';
import { findRun } from './find-run.ts';
import { withRedis } from './redis-session.ts';
import { usageError } from './usage.ts';

/** Help texts of what {@link withRunSource} takes. */
export const RUN_OR_ARCHIVE = {
  run: 'name of the run, the beginning of it, or "latest"',
  archive: 'a run that "failback archive" took out of Redis',
};

/**
 * Does `work` with a run of Redis, or with one in the file of an archive, for which no Redis is needed.
 * @throws FailbackError `usage.invalid` unless exactly one of both is given; `run.unknown`, `run.ambiguous`, `archive.unreadable`
 */
export async function withRunSource<T>(
  context: CliContext,
  { run, archive }: { readonly run: string | undefined; readonly archive: string | undefined },
  work: (source: RunSource, run: RunId) => Promise<T>,
): Promise<T> {
  if (archive !== undefined && run === undefined) {
    const source = new RunArchive(archive);
    return work(source, (await source.head()).run);
  }
  if (run !== undefined && archive === undefined) return withRedis(context, async ({ views }) => work(views, await findRun(views, run)));
  throw usageError('give the name of a run, or the file of an archive (--archive)', 'List the runs with "failback runs".');
}
