import type { Disposition, RequestInfo } from '../cim.ts';
import type { FaultAction, FaultRule } from './fault.ts';
import { RuleIndex } from './fault-rule-index.ts';
import type { Host } from './host.ts';
import type { Interference } from './operation-plan.ts';
import { randomStream } from './random.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What hits a method call inside the host. */
export interface CallFault {
  /** The method answers this without doing anything; null = it is carried out. */
  readonly returnValue: number | null;
  readonly interference: Interference;
}

/** Decides which requests are hit by which faults. Counters are per rule and machine, so other machines never change them. */
export class FaultScript {
  readonly #seed: number;
  readonly #startedAt: number;
  readonly #network: RuleIndex;
  readonly #inside: RuleIndex;

  /** @param startedAt world time the `from` and `until` of rules count from */
  constructor(rules: readonly FaultRule[], seed: number, startedAt: number) {
    this.#seed = seed;
    this.#startedAt = startedAt;
    // A rule with parts of both kinds is counted twice over: a request that is dropped on the way never reaches the inside.
    this.#network = new RuleIndex(rules, (action) => Object.keys(disposed(action)).length > 0);
    this.#inside = new RuleIndex(rules, hitsInside);
  }

  /** What the network does to a request. */
  disposition(host: Host, request: RequestInfo): Disposition {
    const vm = request.vmId === null ? null : (host.vms.get(request.vmId.toUpperCase()) ?? null);
    const subject = request.kind === 'invoke' ? request.method : request.kind;
    return Object.assign({}, ...this.#hits(this.#network, host, vm, subject, request.className).map((rule) => disposed(rule.do)));
  }

  /** What happens to a method call inside the host. */
  onCall(host: Host, vm: VirtualMachine | null, method: string): CallFault {
    const actions = this.#hits(this.#inside, host, vm, method, null).map((rule) => rule.do);
    const refused = actions.find((action) => action.returnValue !== undefined);
    return { returnValue: refused?.returnValue ?? null, interference: Object.assign({}, ...actions.map(interference)) };
  }

  #hits(rules: RuleIndex, host: Host, vm: VirtualMachine | null, subject: string | null, className: string | null): FaultRule[] {
    const seconds = (host.world.now() - this.#startedAt) / 1000;
    const hits: FaultRule[] = [];
    for (const { index, rule, host: hostName, vm: vmName, nth, seen } of rules.about(vm)) {
      if (hostName && !hostName.test(host.name)) continue;
      if (vmName && !(vm && (vmName.test(vm.name) || vmName.test(vm.id)))) continue;
      if (rule.method === undefined ? subject === null || OTHER_REQUESTS.has(subject) : subject !== rule.method) continue;
      if (rule.class !== undefined && rule.class.toLowerCase() !== className?.toLowerCase()) continue;
      if (seconds < (rule.from ?? 0) || seconds >= (rule.until ?? Number.POSITIVE_INFINITY)) continue;
      const who = vm ? `${host.name}/${vm.id}` : host.name;
      const count = (seen.get(who) ?? 0) + 1;
      seen.set(who, count);
      if (nth && !nth.has(count)) continue;
      if (rule.probability !== undefined && randomStream(this.#seed, 'fault', index, who, count).next() >= rule.probability) continue;
      hits.push(rule);
    }
    return hits;
  }
}

const OTHER_REQUESTS: ReadonlySet<string> = new Set(['log-on', 'identify', 'get', 'enumerate', 'pull', 'release', 'other']);

function disposed(action: FaultAction): Disposition {
  return {
    ...(action.delayBeforeMs === undefined ? {} : { delayBeforeMs: action.delayBeforeMs }),
    ...(action.delayAfterMs === undefined ? {} : { delayAfterMs: action.delayAfterMs }),
    ...(action.drop === undefined ? {} : { drop: action.drop }),
    ...(action.unauthorized ? { refuse: 'unauthorized' as const } : {}),
    ...(action.fault ? { refuse: soapFault(action.fault) } : {}),
  };
}

function soapFault({ wsmanFaultCode, ...fault }: NonNullable<FaultAction['fault']>) {
  return { ...fault, ...(wsmanFaultCode === undefined ? {} : { wsmanFaultCode }) };
}

function hitsInside(action: FaultAction): boolean {
  return action.returnValue !== undefined || Object.keys(interference(action)).length > 0;
}

function interference({ jobException, jobVanishesAtPercent, stuck, moveAtPercent, endState }: FaultAction): Interference {
  return {
    ...(jobException
      ? {
          failAt: {
            fraction: jobException.atPercent / 100,
            trouble: {
              errorCode: jobException.errorCode,
              description: jobException.hresult ? `${jobException.description} (${jobException.hresult})` : jobException.description,
            },
          },
        }
      : {}),
    ...(jobVanishesAtPercent === undefined ? {} : { vanishAt: jobVanishesAtPercent / 100 }),
    ...(stuck ? { stallAt: { fraction: stuck.atPercent / 100, seconds: stuck.seconds ?? null } } : {}),
    ...(moveAtPercent === undefined ? {} : { moveAt: moveAtPercent / 100 }),
    ...(endState === undefined ? {} : { endState }),
  };
}
