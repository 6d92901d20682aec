import type { Output } from '../output.ts';
import { type FoundRedis, RedisSession } from '../redis-session.ts';

/** A session that outlives outages of Redis and says when one begins and when it is over. */
export class LastingSession extends RedisSession {
  #lost = false;

  constructor(output: Output, { url, where }: FoundRedis) {
    super(url, 'worker', {
      onState: (state) => {
        if (state === 'lost' && !this.#lost) output.say(`Redis at ${where} is not reachable, waiting…`);
        if (state === 'connected' && this.#lost) output.say(`Redis at ${where} is back.`);
        this.#lost = state === 'lost';
      },
    });
  }

  /** Redis is away at this moment. */
  get lost(): boolean {
    return this.#lost;
  }
}
