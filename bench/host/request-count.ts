import { ReplicationState } from '../../src/domain/replication.ts';
import { JOB_STARTED } from '../../src/domain/return-value.ts';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';

/** Everything hosts were asked for, where it was counted: at the hosts, or in one worker process. Goes to the measuring process as it is. */
export interface RequestFigures {
  /** By method of the port. */
  readonly requests: Readonly<Record<string, number>>;
  /** VMs whose `InitiateFailback` came a second time. */
  readonly repeated: readonly string[];
  /** Looks at a VM whose copy was under way: one that shows a whole host counts once for each. */
  readonly polls: number;
  /** Most of them in one second. */
  readonly pollsPeak: number;
  /** Milliseconds between two looks at the same VM: `[gap, how often]`. */
  readonly gaps: readonly (readonly [number, number])[];
}

type Method = (...args: unknown[]) => unknown;

/** Wraps hosts and counts what they are asked for. */
export class RequestCount {
  readonly #requests: Record<string, number> = {};
  readonly #calledFor = new Set<string>();
  readonly #repeated: string[] = [];
  readonly #pollsOfSecond = new Map<number, number>();
  readonly #gaps = new Map<number, number>();
  #underWay = 0;

  /** VMs whose `InitiateFailback` was accepted and that nobody has seen come back since. */
  get underWay(): number {
    return this.#underWay;
  }

  /** VMs somebody asked to be brought home. */
  get calledFor(): number {
    return this.#calledFor.size;
  }

  watch(host: HyperVHost): HyperVHost {
    /** By VM whose copy is under way: when it was last seen. */
    const underWay = new Map<string, number>();
    const seen = (vmId: string, state: number | undefined, now: number): void => {
      const before = underWay.get(vmId);
      if (before === undefined) return;
      this.#poll(now, now - before);
      if (state === ReplicationState.FailbackComplete) {
        underWay.delete(vmId);
        this.#underWay--;
      } else underWay.set(vmId, now);
    };
    const overrides: Partial<HyperVHost> = {
      observe: async (scope, options) => {
        const view = await host.observe(scope, options);
        const now = performance.now();
        for (const vmId of underWay.keys()) seen(vmId, view.vms.get(vmId)?.replication?.state, now);
        return view;
      },
      powerOf: async (vmId, options) => {
        const power = await host.powerOf(vmId, options);
        seen(vmId, power?.state, performance.now());
        return power;
      },
      initiateFailback: async (request, control) => {
        if (this.#calledFor.has(request.vmId)) this.#repeated.push(request.vmId);
        this.#calledFor.add(request.vmId);
        const result = await host.initiateFailback(request, control);
        if (result.returnValue === JOB_STARTED) {
          underWay.set(request.vmId, performance.now());
          this.#underWay++;
        }
        return result;
      },
    };
    // Whoever wrote the host: a class, an object, a proxy.
    return new Proxy(host, {
      get: (target, name: keyof HyperVHost) => {
        const member = overrides[name] ?? target[name];
        return typeof member === 'function' ? this.#counted(name, member.bind(target) as Method) : member;
      },
    });
  }

  figures(): RequestFigures {
    const polls = [...this.#pollsOfSecond.values()];
    return {
      requests: this.#requests,
      repeated: this.#repeated,
      polls: polls.reduce((sum, count) => sum + count, 0),
      pollsPeak: Math.max(0, ...polls),
      gaps: [...this.#gaps],
    };
  }

  #counted(name: string, method: Method): Method {
    return (...args) => {
      this.#requests[name] = (this.#requests[name] ?? 0) + 1;
      return method(...args);
    };
  }

  #poll(now: number, gap: number): void {
    const second = Math.floor(now / 1000);
    this.#pollsOfSecond.set(second, (this.#pollsOfSecond.get(second) ?? 0) + 1);
    const rounded = Math.round(gap);
    this.#gaps.set(rounded, (this.#gaps.get(rounded) ?? 0) + 1);
  }
}
