import type { RedisConnection } from '../redis/connection.ts';
import { Batch } from './batch.ts';
import type { InstanceId, InstanceRef, Keys, RunId } from './keys.ts';
import { runScript } from './scripts.ts';

/** What `claim.lua` answers; an object: who claimed it before, and when (ms since the epoch). */
export type Claim = 'yes' | 'dead' | 'doubt' | { readonly worker: string; readonly at: number };

interface Wish {
  readonly id: InstanceId;
  readonly token: string;
  readonly worker: string;
}

/** Claims calls: those of a run that are to be made at the same time in one script. */
export class Claims {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #now: () => number;
  readonly #batches = new Map<RunId, Batch<Wish, Claim>>();

  constructor(redis: RedisConnection, keys: Keys, now: () => number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#now = now;
  }

  /** At most one claim per token is ever answered `yes`. */
  claim({ run, id }: InstanceRef, token: string, worker: string): Promise<Claim> {
    let batch = this.#batches.get(run);
    if (!batch) {
      batch = new Batch((wishes) => this.#send(run, wishes));
      this.#batches.set(run, batch);
    }
    return batch.add({ id, token, worker });
  }

  forgetRun(run: RunId): void {
    this.#batches.delete(run);
  }

  async #send(run: RunId, wishes: readonly Wish[]): Promise<readonly Claim[]> {
    const now = this.#now();
    const worker = wishes[0]?.worker ?? '';
    const args = wishes.flatMap(({ id, token }) => [id, token]);
    const answers = (await runScript(this.#redis, 'claim', [this.#keys.calls(run)], [worker, now, ...args])) as string[];
    return answers.map((answer) => parseClaim(answer, `${worker}|${now}`));
  }
}

function parseClaim(answer: string, own: string): Claim {
  if (answer === 'yes' || answer === 'dead' || answer === 'doubt') return answer;
  // The very same claim, sent again by the connection because its answer was lost.
  if (answer === own) return 'yes';
  const [worker = '', at = '0'] = answer.split('|');
  return { worker, at: Number(at) };
}
