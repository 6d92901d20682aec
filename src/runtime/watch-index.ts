import type { InstanceId, RunId } from './keys.ts';
import type { Runtime } from './runtime.ts';
import { type Watch, watchesOf } from './watch.ts';

/** Changes whenever what a run has watched on a host does; null where it never had anything watched. */
export function watchVersion({ redis, keys }: Runtime, run: RunId, hostKey: string): Promise<string | null> {
  return redis.hget(keys.watchVersions(run), hostKey);
}

/**
 * What a run has watched on a host. Members that go on while it is read may be missing: the version has changed then.
 * @param known what the reader knows already, and need not be read again
 * @throws FailbackError `run.unknown`
 */
export async function readWatches(
  runtime: Runtime,
  run: RunId,
  hostKey: string,
  known: (id: InstanceId, token: string) => Watch | undefined,
): Promise<ReadonlyMap<InstanceId, Watch>> {
  const tokens = Object.entries(await runtime.redis.hgetall(runtime.keys.watches(run, hostKey)));
  const hostKeys = await runtime.records.hostKeys(run);
  const read = async (id: InstanceId, token: string): Promise<Watch | undefined> => {
    const row = await runtime.whereLive({ run, id }, 'watch', token);
    const member = row && (await runtime.member({ run, id }));
    if (!row || !member) return undefined;
    return [...watchesOf(member, row.live.watch).values()].find(({ host }) => hostKeys.get(host) === hostKey);
  };
  const watches = await Promise.all(tokens.map(async ([id, token]) => [id, known(id, token) ?? (await read(id, token))] as const));
  return new Map(watches.filter((one): one is [InstanceId, Watch] => one[1] !== undefined));
}
