import type { WatchInput } from '../../../src/domain/effect.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import type { Move, Node, Taken } from './explore.ts';
import { job, vm } from './facts.ts';
import { LOST, NOT_SENT } from './lifecycle.ts';
import type { Event } from './position.ts';

/** What a witness of the lifecycle remembers who does not look into its context. */
export interface Witness {
  /** The failback has been at work, as far as reports and looks say, and 14 has not been seen. */
  readonly mayCopy: boolean;
  readonly cancelled: boolean;
}

export const COMMANDS: readonly Event[] = ['admit', 'pause', 'resume', 'cancel', 'retry'].map((name) => ({ type: `failback.${name}` }));

const VMS: readonly (VmObservation | null)[] = [
  null,
  vm({ state: 6 }),
  vm({ state: 6, power: 2 }),
  vm({ state: 8, health: 3 }),
  vm({ state: 97 }),
  vm({ state: 10 }),
  vm({ state: 13 }),
  vm({ state: 14 }),
  vm({ state: 14, power: 10 }),
  vm({ state: 14, power: 2 }),
  vm({ state: 14, power: 2, healthState: 25 }),
  vm({ state: 3, mode: 1, power: 2 }),
];

const FOLLOWED: readonly (Partial<JobObservation> | null)[] = [
  null,
  { jobState: 4 },
  { jobState: 7 },
  { jobState: 8 },
  { jobState: 10, errorCode: 32768 },
  { jobState: 10, errorCode: 32768, errorDescription: '0x80070057' },
  { jobState: 11 },
];
const RUNNING: readonly (JobObservation | null)[] = [null, job({ jobId: 'found' }), job({ jobId: 'backup', jobType: 1 })];

const REPORTS: readonly Event[] = [
  ...[0, 4096, 32769, 32772, 32773, 32774].map((returnValue) => ({
    type: 'xstate.done.actor.call',
    output: { returnValue, jobId: returnValue === 4096 ? 'ours' : null },
  })),
  { type: 'xstate.done.actor.call', output: { returnValue: 4096, jobId: null } },
  ...[LOST, NOT_SENT, { class: 'permanent', code: 'internal', message: 'a defect of ours' }].map((error) => ({
    type: 'xstate.error.actor.call',
    error,
  })),
];

export function isReport(event: Event | null): event is Event {
  return event !== null && REPORTS.some(({ type }) => type === event.type);
}

/** It says that nothing has happened. */
export function isRefusal({ output, error }: Event): boolean {
  const { returnValue } = (output ?? {}) as { returnValue?: number };
  return error === NOT_SENT || [32769, 32773, 32774].includes(returnValue ?? 0);
}

/** Whatever may be delivered in a position, however contradictory: every report, timer, command and look. */
export const anything = (looks: (watch: WatchInput) => Iterable<Event>) =>
  function* <World>({ position, world }: Node<World>): Generator<Move<World>> {
    const { live, timers } = position;
    const events: Event[] = [...COMMANDS, ...Object.keys(timers).map((type) => ({ type }))];
    if (live.call) events.push(...REPORTS);
    if (live.watch) events.push(...looks(live.watch.input as WatchInput));
    for (const event of events) yield { label: labelOf(event), event, world };
  };

/** A VM that comes home, in every state and with every job. */
export function* homecoming({ jobId, allJobs }: WatchInput): Generator<Event> {
  for (const seen of VMS) {
    for (const followed of jobId === null ? [null] : FOLLOWED) {
      for (const running of allJobs ? RUNNING : [null]) {
        yield {
          type: 'host.observed',
          side: 'home',
          host: 'hv-dr-01',
          statistics: null,
          test: null,
          vm: seen,
          job: followed && job({ ...followed, jobId: jobId ?? '' }),
          running: running ? [running] : [],
        };
      }
    }
  }
}

/** The replica of a drill, beside every test replica. */
export function* drilling(): Generator<Event> {
  const replicas = [null, vm({ state: 3 }), vm({ state: 8 })];
  const tests = [null, vm({ mode: 3 }), vm({ mode: 3, power: 10 }), vm({ mode: 3, power: 2 }), vm({ mode: 3, power: 2, healthState: 25 })];
  for (const seen of replicas)
    for (const test of seen ? tests : [null])
      yield { type: 'host.observed', side: 'home', host: 'hv-dr-01', statistics: null, test, vm: seen, job: null, running: [] };
}

/** What the witness concludes from a step. */
export function witness({ before, event, after, moved }: Taken<Witness>): Witness {
  let { mayCopy, cancelled } = before.world;
  const { step } = before.position.snapshot.context;
  if (event?.type === 'failback.cancel' && moved) cancelled = true;
  if (event?.type === 'failback.retry' && moved) cancelled = false;
  if (step === 0 && before.position.snapshot.value === 'calling') mayCopy ||= began(event);
  if (step === 0 && event?.type === 'host.observed') mayCopy ||= isCopying(event);
  if (after.position.snapshot.context.step > 0) mayCopy = false;
  return mayCopy === before.world.mayCopy && cancelled === before.world.cancelled ? before.world : { mayCopy, cancelled };
}

function began(event: Event | null): boolean {
  const { returnValue } = (event?.output ?? {}) as { returnValue?: number };
  return returnValue === 0 || returnValue === 4096;
}

function isCopying(event: Event): boolean {
  const { vm: seen, running } = event as unknown as { vm: VmObservation | null; running: JobObservation[] };
  return seen?.replication?.state === 13 || (seen !== null && running.some(({ jobType }) => jobType === 124));
}

function labelOf(event: Event): string {
  const { type, vm: seen, test, job: followed, running, output, error } = event as Record<string, unknown>;
  if (type !== 'host.observed') return `${type} ${JSON.stringify(output ?? (error as { code?: string } | undefined)?.code ?? '')}`;
  const { power, mode, replication } = (seen ?? {}) as Partial<VmObservation>;
  return `look ${seen ? `state ${replication?.state} power ${power} mode ${mode}` : 'VM missing'} job ${(followed as JobObservation | null)?.jobState ?? '-'} running ${(running as JobObservation[])[0]?.jobId ?? '-'}${test ? ` test ${(test as VmObservation).power}` : ''}`;
}
