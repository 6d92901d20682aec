/**
 * Hosts of one's own for the benchmark: the one it brings along, but far away.
 *
 *   npm run bench -- --host-module bench/examples/slow-network.mjs --members 100
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createNullHost } from '../../dist/bench/host/null-host.js';

const THERE_AND_BACK_MS = 40;

/** Called once for each host in every worker process; returns a HyperVHost. */
export function createHost(options) {
  const host = createNullHost(options);
  return new Proxy(host, {
    get(target, name) {
      const member = target[name];
      if (typeof member !== 'function' || name === 'prepare' || name === 'close') return member;
      return async (...args) => {
        await sleep(THERE_AND_BACK_MS);
        return await member(...args);
      };
    },
  });
}
