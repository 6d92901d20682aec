import type { Logger } from 'pino';
import type { Admission } from '../src/runtime/admission.ts';
import type { RunId } from '../src/runtime/keys.ts';
import type { Presence } from '../src/runtime/presence.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import { isSettled, Sweep, settle } from '../src/runtime/sweep.ts';
import type { TransferSlots } from '../src/runtime/transfer-slots.ts';

export interface RunKeeperParts {
  readonly runtime: Runtime;
  readonly presence: Presence;
  readonly admission: Admission;
  readonly transfers: TransferSlots;
  readonly log: Logger;
}

const LEASE_MS = 6_000;
/** Slots are compared with those who are in flight at least this often: costs as much as there are of both. Milliseconds. */
const REPAIR_MS = 10_000;

/** Keeps runs going: finds what got lost, admits who is next, ends a run whose members have all ended. One worker at a time does so for a run. */
export class RunKeeper {
  readonly sweep: Sweep;
  readonly #parts: RunKeeperParts;
  /** When slots were last compared, by `performance.now()`. Whoever is not here has not been looked through: nobody knows what was left behind. */
  readonly #repaired = new Map<RunId, number>();
  readonly #settling = new Map<RunId, Promise<void>>();

  constructor(parts: RunKeeperParts) {
    this.#parts = parts;
    this.sweep = new Sweep(parts.runtime, parts.presence);
  }

  /** Does nothing while another worker looks after the run. */
  async keep(run: RunId): Promise<void> {
    const { runtime, presence, admission, transfers, log } = this.#parts;
    if (!(await presence.hold(runtime.keys.sweeper(run), LEASE_MS))) return;
    const last = this.#repaired.get(run);
    const { redis, keys } = runtime;
    // Who waits is admitted by what slots are taken: where somebody does, limits keep down what a comparison costs.
    const someoneWaits = (await redis.scard(keys.status(run, 'pending'))) > 0;
    const repairs = last === undefined || someoneWaits || performance.now() - last >= REPAIR_MS;
    if (repairs) this.#repaired.set(run, performance.now());
    await this.sweep.sweep(run, last === undefined).catch((error: unknown) => {
      log.error({ err: error, run }, 'the sweep could not look after everything, going on');
    });
    if (repairs) await Promise.all([admission.repair(run), transfers.repair(run)]);
    await admission.admit(run);
    await transfers.grant(run);
    await runtime.committer(run).flush();
    await this.settle(run);
  }

  /** The last members of a run end together: what is to be done then costs as much as the run has members, and is done once. */
  settle(run: RunId): Promise<void> {
    const settling = this.#settling.get(run);
    if (settling !== undefined) return settling;
    const { runtime } = this.#parts;
    const work = isSettled(runtime, run)
      .then((settled) => (settled ? settle(runtime, run) : undefined))
      .finally(() => this.#settling.delete(run));
    this.#settling.set(run, work);
    return work;
  }

  /** What one node of a cluster forgot, another may remember: a commit gone without the slot that was given back for it, say. */
  lookThroughAgain(): void {
    this.#repaired.clear();
  }

  leave(run: RunId): void {
    this.#repaired.delete(run);
  }
}
