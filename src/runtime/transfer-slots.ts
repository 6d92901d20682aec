import { HostSlots, type Wanting } from './host-slots.ts';
import type { InstanceId, InstanceRef, RunId } from './keys.ts';
import type { Route } from './lanes.ts';
import { Rounds } from './rounds.ts';
import { movesData, type Row } from './row.ts';
import type { RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';

/**
 * Lets members move data in bulk in the order of the plan, as many at a time as each of their two hosts has transfer slots for. A member
 * asks by the effect `slot` and is answered by `slot.granted`; it has its slots until its lifecycle says that it moves nothing any more.
 * Data that somebody else set in motion takes slots too, also beyond the limit: it moves anyway.
 */
export class TransferSlots {
  readonly #runtime: Runtime;
  readonly #slots: HostSlots;
  readonly #rounds = new Rounds((run) => this.#round(run));

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#slots = new HostSlots(runtime, { keyOf: runtime.keys.transfers, limitOf: ({ inFlight, transfers }) => transfers ?? inFlight });
  }

  /** Grants what may be granted now. Calls while it works make it look once more. */
  grant(run: RunId): Promise<void> {
    return this.#rounds.go(run);
  }

  /** A member's lifecycle has come to move data, or to move none any more. */
  async follow(ref: InstanceRef, route: Route, moves: boolean): Promise<void> {
    if (moves) await this.#slots.restore(ref, route);
    else await this.#slots.release(ref, route);
  }

  /** Gives back what members that move no data still hold. Those that lost theirs get them back when the sweep looks at them. */
  async repair(run: RunId): Promise<void> {
    await this.#slots.repair(run, [], async (id) => {
      const stored = await this.#runtime.read({ run, id });
      return stored !== null && movesData(stored.row);
    });
  }

  async #round(run: RunId): Promise<number> {
    const record = await this.#runtime.records.record(run);
    const tokens = new Map<InstanceId, string>();
    const wanting = await this.#wanting(record, tokens);
    if (wanting.length === 0) return 0;
    return this.#slots.grant(record, wanting, wanting.length, async ({ id }) => {
      const reporter = { effect: 'slot', token: tokens.get(id) ?? '', final: false };
      return (await this.#runtime.advance({ run, id }, { type: 'slot.granted' }, reporter)) === 'committed';
    });
  }

  /** Those who ask, with the tokens they ask by. Who does not ask any more is taken off the list. */
  async #wanting(record: RunRecord, tokens: Map<InstanceId, string>): Promise<readonly Wanting[]> {
    const { redis, keys, records } = this.#runtime;
    const { run } = record;
    const asked = await redis.zrange(keys.transferQueue(run), '0', '-1');
    const rows = await Promise.all(asked.map((id) => this.#runtime.read({ run, id })));
    const ids = asked.filter((id, n) => {
      const token = tokenIn(rows[n]?.row);
      if (token !== null) tokens.set(id, token);
      return token !== null;
    });
    if (ids.length < asked.length) await redis.zrem(keys.transferQueue(run), ...asked.filter((id) => !tokens.has(id)));
    const routes: readonly Route[] = await records.inputs(run, ids).then((inputs) => inputs.map((input) => input as Route));
    return Promise.all(
      ids.map(async (id, n) => {
        const route = routes[n] as Route;
        return { id, route, needs: await this.#slots.needsOf(run, route), order: Number(id.slice(1)) };
      }),
    );
  }
}

function tokenIn(row: Row | undefined): string | null {
  return row?.live.slot?.token ?? null;
}
