import { Child } from './child.ts';
import type { HostKind } from './host/host-factory.ts';
import type { FromHosts, HostsFigures, ToHosts } from './hosts-job.ts';
import { type BenchHost, imaginaryHosts } from './world.ts';

export interface HostsOptions {
  readonly kind: HostKind;
  readonly members: number;
  /** How many hosts they are spread over. */
  readonly hosts: number;
  readonly jobMs: number;
  readonly ledgerFile: string;
}

/** The hosts of a round: a process of their own, or only what workers are told to make of them. */
export class Hosts {
  readonly all: readonly BenchHost[];
  readonly #child: Child<ToHosts, FromHosts> | null;

  private constructor(all: readonly BenchHost[], child: Child<ToHosts, FromHosts> | null) {
    this.all = all;
    this.#child = child;
  }

  static async start({ kind: { kind }, members, hosts, jobMs, ledgerFile }: HostsOptions): Promise<Hosts> {
    const imagined = imaginaryHosts(members, hosts);
    if (kind === 'null' || kind === 'module') return new Hosts(imagined, null);
    const child = new Child<ToHosts, FromHosts>('./hosts-process.js');
    const serving = await child.ask({ type: 'serve', job: { kind, hosts: imagined, jobMs, ledgerFile } }, 'serving');
    return new Hosts(serving.hosts, child);
  }

  /** What workers are told of them. */
  get forWorkers(): readonly BenchHost[] {
    return this.#child === null ? this.all : this.all.map((host) => ({ ...host, vms: [] }));
  }

  /** Null where only workers know. */
  async figures(): Promise<HostsFigures | null> {
    return this.#child === null ? null : await this.#child.ask({ type: 'figures' }, 'figures');
  }

  /** Zeros for hosts that can not tell: see {@link FromHosts}. */
  async flight(): Promise<{ readonly calledFor: number; readonly underWay: number }> {
    return this.#child === null ? { calledFor: 0, underWay: 0 } : await this.#child.ask({ type: 'flight' }, 'flight');
  }

  async end(): Promise<void> {
    await this.#child?.kill();
  }
}
