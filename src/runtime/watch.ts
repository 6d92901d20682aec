import type { WatchInput } from '../domain/effect.ts';
import type { MemberInput, Side } from '../domain/member.ts';
import type { InstanceId, RunId } from './keys.ts';
import type { LiveEffect } from './row.ts';

/** What the poller of a host needs to know about one member. */
export interface Watch extends Omit<WatchInput, 'at'> {
  readonly token: string;
  readonly vmId: string;
  /** Plan name of the host. */
  readonly host: string;
}

/** What one commit of this process has changed about what a run has watched on a host. */
export interface WatchChange {
  readonly run: RunId;
  readonly hostKey: string;
  /** Version before and after: who knows what is watched in the one needs to read nothing to know it in the other. */
  readonly from: string;
  readonly to: string;
  /** Null: the VM is not watched there any more. */
  readonly watches: ReadonlyMap<InstanceId, Watch | null>;
}

/** What a member has watched, by plan name of the host; empty when nothing. */
export function watchesOf({ vmId }: MemberInput, watch: LiveEffect | undefined): ReadonlyMap<string, Watch> {
  const watches = new Map<string, Watch>();
  if (watch) for (const { side, host } of (watch.input as WatchInput).at) watches.set(host, watchOn(vmId, watch, side, host));
  return watches;
}

/** What changes by a transition, by plan name of the host; null where the VM is not watched any more. */
export function changedWatches(
  member: MemberInput,
  started: LiveEffect | undefined,
  ended: LiveEffect | undefined,
): ReadonlyMap<string, Watch | null> {
  if (!ended) return watchesOf(member, started);
  const changed = new Map<string, Watch | null>((ended.input as WatchInput).at.map(({ host }) => [host, null]));
  for (const [host, watch] of watchesOf(member, started)) changed.set(host, watch);
  return changed;
}

/** The job is on the side that is acted on. */
function watchOn(vmId: string, { token, input }: LiveEffect, side: Side, host: string): Watch {
  const { side: acting, jobId, allJobs, sync, pace } = input as WatchInput;
  const own = acting === side;
  return { side, jobId: own ? jobId : null, allJobs: own && allJobs, sync: own ? sync : null, pace, token, vmId, host };
}
