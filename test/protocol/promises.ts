import { ENDED_STATUSES } from '../../src/domain/member.ts';
import { NAMES, type State } from './state.ts';

/** What must hold in every state; a promise that is broken is told in words. */
export const PROMISES: Readonly<Record<string, (state: State) => boolean>> = {
  'a request leaves only while no other is in the air and nothing is at work or done on the host': ({ host }) =>
    host.requests.filter(({ is }) => is === 'in the air').length + (host.operation === 'none' ? 0 : 1) <= 1,
  'the host is called with effect once': ({ host }) => host.received <= 1,
  'no more than one process is at work on a call': ({ workers }) =>
    NAMES.flatMap((name) =>
      workers[name].tasks.filter((task) => task.is === 'call' && !task.old && (task.at === 'claimed' || task.at === 'sent')),
    ).length <= 1,
  'completed means done on the host': ({ stored, host }) => stored.row.status !== 'completed' || host.operation === 'done',
  /** What Redis has forgotten it can not count. */
  'completed means counted once': ({ stored, host, troubles }) =>
    stored.row.status !== 'completed' || stored.counted === host.received || (troubles['redis loses commits'] ?? 0) > 0,
  'nothing is given up while it works on the host': ({ stored, host }) => stored.row.status !== 'failed' || host.operation === 'none',
};

/** Nothing is left to be done by anybody, and nothing is left behind. */
export function isAtRest({ stored, workers, host }: State): boolean {
  const { row, outbox, call, jobs, watch } = stored;
  const waitsForAPerson = row.status === 'attention' || row.status === 'paused';
  return (
    (waitsForAPerson || ENDED_STATUSES.some((status) => status === row.status)) &&
    outbox.length === 0 &&
    call === null &&
    jobs.length === 0 &&
    watch === null &&
    host.requests.length === 0 &&
    NAMES.every((name) => workers[name].tasks.length === 0)
  );
}
