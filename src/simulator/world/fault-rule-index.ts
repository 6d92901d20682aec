import type { FaultAction, FaultRule } from './fault.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export interface IndexedRule {
  /** Place in the script. */
  readonly index: number;
  readonly rule: FaultRule;
  readonly host: RegExp | null;
  readonly vm: RegExp | null;
  readonly nth: ReadonlySet<number> | null;
  /** Matching requests so far, by machine (or host). */
  readonly seen: Map<string, number>;
}

/** The rules of a script by the machine they name: thousands of rules for single machines cost a request nothing. */
export class RuleIndex {
  readonly #anywhere: IndexedRule[] = [];
  readonly #byMachine = new Map<string, IndexedRule[]>();

  /** @param wanted which rules to take, by what they do */
  constructor(rules: readonly FaultRule[], wanted: (action: FaultAction) => boolean) {
    for (const [index, rule] of rules.entries()) {
      if (!wanted(rule.do)) continue;
      const nth = rule.nth === undefined ? null : new Set(typeof rule.nth === 'number' ? [rule.nth] : rule.nth);
      const indexed = { index, rule, host: pattern(rule.host), vm: pattern(rule.vm), nth, seen: new Map<string, number>() };
      const named = rule.vm?.includes('*') ? undefined : rule.vm?.toLowerCase();
      if (named === undefined) this.#anywhere.push(indexed);
      else this.#byMachine.set(named, [...(this.#byMachine.get(named) ?? []), indexed]);
    }
  }

  /** The rules that may concern a request, in the order of the script. */
  about(vm: VirtualMachine | null): readonly IndexedRule[] {
    if (!vm) return this.#anywhere;
    const own = [vm.id, vm.name].flatMap((name) => this.#byMachine.get(name.toLowerCase()) ?? []);
    return own.length === 0 ? this.#anywhere : [...this.#anywhere, ...own].sort((one, other) => one.index - other.index);
  }
}

/** A name with `*` for anything, without regard to case; null matches everything. */
export function pattern(glob: string | undefined): RegExp | null {
  if (glob === undefined) return null;
  const parts = glob.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is');
}
