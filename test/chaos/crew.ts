import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { besideThis, type Children } from './children.ts';

interface Seat {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  child: ChildProcess;
  /** The clock of its machine is wrong by so much; a process that is started there finds it so. */
  shiftMs: number;
}

/** After a worker ended by itself. */
const START_AGAIN_MS = 500;

/** Worker processes, each on a machine with a clock and network of its own. One that ends by itself is started again, as a service manager would. */
export class Crew {
  readonly #children: Children;
  readonly #seats: Seat[];
  #endedBySelf = 0;
  #closing = false;

  /** @param environments one worker for each */
  constructor(children: Children, environments: readonly Readonly<Record<string, string>>[]) {
    this.#children = children;
    this.#seats = environments.map((environment, n) => {
      const seat = { name: `worker-${n}`, environment, shiftMs: 0 };
      return { ...seat, child: this.#spawn(seat) };
    });
    for (const seat of this.#seats) this.#watch(seat);
  }

  get size(): number {
    return this.#seats.length;
  }

  /** How often a worker ended although nobody killed it. */
  get endedBySelf(): number {
    return this.#endedBySelf;
  }

  /** Kills a worker and starts another in its place at once. */
  async kill(n: number): Promise<void> {
    const seat = this.#seat(n);
    const { child } = seat;
    child.removeAllListeners('exit');
    await this.#children.kill(child);
    this.#occupy(seat);
  }

  signal(n: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#seat(n).child.kill(signal);
  }

  /** Sets a machine's clock wrong by so many milliseconds; 0 puts it right. */
  setClock(n: number, shiftMs: number): void {
    const seat = this.#seat(n);
    seat.shiftMs = shiftMs;
    if (seat.child.connected) seat.child.send({ shiftMs });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#seats.map(({ child }) => this.#children.kill(child, 'SIGTERM')));
  }

  #seat(n: number): Seat {
    const seat = this.#seats[n];
    if (!seat) throw new RangeError(`there is no worker ${n}`);
    return seat;
  }

  #spawn({ name, environment, shiftMs }: Omit<Seat, 'child'>): ChildProcess {
    return this.#children.start(name, ['worker'], {
      preload: [besideThis('shifting-clock'), besideThis('own-routes')],
      environment: { ...environment, CHAOS_CLOCK_SHIFT: String(shiftMs) },
    });
  }

  #occupy(seat: Seat): void {
    seat.child = this.#spawn(seat);
    this.#watch(seat);
  }

  #watch(seat: Seat): void {
    seat.child.once('exit', async () => {
      if (this.#closing) return;
      this.#endedBySelf++;
      await sleep(START_AGAIN_MS);
      if (!this.#closing) this.#occupy(seat);
    });
  }
}
