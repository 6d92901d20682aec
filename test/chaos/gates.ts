import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/redis/local-endpoint.ts';
import { besideThis, type Children, firstMessage } from './children.ts';

interface Gate {
  readonly host: string;
  readonly port: number;
  readonly target: number;
  child: ChildProcess;
  isDisturbed: boolean;
}

/** The management stack of each host: a process through which everything goes that is said to the host. */
export class Gates {
  readonly #children: Children;
  readonly #gates: readonly Gate[];

  private constructor(children: Children, gates: readonly Gate[]) {
    this.#children = children;
    this.#gates = gates;
  }

  /** @param targets port of each simulated host by name */
  static async open(children: Children, targets: ReadonlyMap<string, number>): Promise<Gates> {
    const gates: Gate[] = [];
    for (const [host, target] of targets) {
      const port = await freePort();
      gates.push({ host, port, target, child: await start(children, host, port, target), isDisturbed: false });
    }
    return new Gates(children, gates);
  }

  /** Where a host is to be reached. */
  port(host: string): number {
    const gate = this.#gates.find((one) => one.host === host);
    if (!gate) throw new RangeError(`there is no host ${host}`);
    return gate.port;
  }

  /** A host that stands undisturbed, the drawn one if possible. @returns undefined when all are disturbed */
  choose(drawn: number): string | undefined {
    const first = Math.floor(drawn * this.#gates.length);
    return [...this.#gates.slice(first), ...this.#gates.slice(0, first)].find(({ isDisturbed }) => !isDisturbed)?.host;
  }

  /** Connections break, new ones are refused for a time. */
  async kill(host: string, downMs: number): Promise<void> {
    await this.#disturb(host, async (gate) => {
      await this.#children.kill(gate.child);
      await sleep(downMs);
      gate.child = await start(this.#children, gate.host, gate.port, gate.target);
    });
  }

  /** The host says nothing for a time, and then everything it had to say. */
  async stop(host: string, forMs: number): Promise<void> {
    await this.#disturb(host, async ({ child }) => {
      child.kill('SIGSTOP');
      await sleep(forMs);
      child.kill('SIGCONT');
    });
  }

  async #disturb(host: string, happen: (gate: Gate) => Promise<void>): Promise<void> {
    const gate = this.#gates.find((one) => one.host === host);
    if (!gate) throw new RangeError(`there is no host ${host}`);
    gate.isDisturbed = true;
    await happen(gate).finally(() => {
      gate.isDisturbed = false;
    });
  }
}

async function start(children: Children, host: string, port: number, target: number): Promise<ChildProcess> {
  const child = children.start(`gate-${host}`, [String(port), String(target)], { script: besideThis('gate-process') });
  await firstMessage(child);
  return child;
}
