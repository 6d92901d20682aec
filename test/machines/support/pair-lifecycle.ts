import { stepOf } from '../../../machines/failback-context.ts';
import type { StepName } from '../../../machines/step.ts';
import type { MemberInput, MemberSettings, ReverseSettings, Side } from '../../../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import { member, SETTINGS } from './facts.ts';
import { Lifecycle } from './lifecycle.ts';
import { type Copy, observed, STAGES } from './pair-model.ts';

/** What a test changes about a copy that stands in a stage. */
export type Change = Partial<Copy> & Partial<Pick<VmObservation, 'extended' | 'healthState' | 'operationalStatus'>>;
export type Changes = { readonly home?: Change; readonly away?: Change; readonly pendingBytes?: number };

export function pairMember(reverse: Partial<ReverseSettings> = {}, settings: Partial<MemberSettings> = {}, adopt = false): MemberInput {
  const all = { strategy: 'reverse', stable: 0, ...settings, reverse: { ...SETTINGS.reverse, ...reverse } } as const;
  return { ...member(all, adopt), partner: 'hv-dr-02' };
}

/** A lifecycle with two hosts: home is hv-dr-01, away is hv-dr-02. */
export class PairLifecycle extends Lifecycle {
  constructor(input: MemberInput = pairMember()) {
    super(input);
    this.command('admit');
  }

  /** One look at one side, and at a job of the VM there. */
  sees(side: Side, stage: string, changes: Changes = {}, ofVm: JobObservation | null = null): this {
    const world = STAGES[stage];
    if (!world) throw new Error(`no stage ${stage}`);
    const { watching } = this;
    if (!watching || !this.#watches(side)) throw new Error(`${side} is not watched in ${this.state}`);
    const { mode, state, power, type, ...rest } = { ...world[side], ...changes[side] };
    const vm = { ...observed({ mode, state, power, type }), ...rest };
    const job = ofVm?.jobId === watching.jobId ? ofVm : null;
    const running = ofVm && watching.allJobs && ofVm.jobState < 7 ? [ofVm] : [];
    const statistics = side === 'away' && watching.sync ? { pendingBytes: changes.pendingBytes ?? 0, latencySeconds: 1 } : null;
    const host = side === 'home' ? 'hv-dr-01' : 'hv-dr-02';
    return this.send({ type: 'host.observed', side, host, vm, job, running, statistics, test: null });
  }

  /** One look at a host that does not have the VM any more, and one at the other host where that one is still waited for. */
  misses(side: Side, stage: string): this {
    const other = side === 'home' ? 'away' : 'home';
    const host = side === 'home' ? 'hv-dr-01' : 'hv-dr-02';
    const nothing = { vm: null, job: null, running: [], statistics: null, test: null };
    this.send({ type: 'host.observed', side, host, ...nothing });
    return this.#watches(other) ? this.sees(other, stage) : this;
  }

  /** Both hosts are looked at, and transfer slots are granted, until the lifecycle waits for something else. */
  stands(stage: string, changes: Changes = {}): this {
    for (let before = ''; before !== this.#where(); ) {
      before = this.#where();
      for (const side of ['home', 'away'] as const) {
        if (this.#watches(side)) this.sees(side, stage, changes);
      }
      if (this.isQueued) this.send({ type: 'slot.granted' });
    }
    return this;
  }

  /** Both hosts are looked at, in turn, until the lifecycle has just begun to ask whether this step may start. */
  reaches(step: StepName, stage: string): this {
    for (let looks = 0; looks < 40; looks++) {
      if (this.state === 'checking' && stepOf(this.context).name === step) return this;
      this.sees(looks % 2 === 0 ? 'home' : 'away', stage);
    }
    throw new Error(`${step} is not reached from ${stage}, but ${this.state}`);
  }

  /** The name of the host the next call goes to, with the call: "commitFailover away". */
  get next(): string | null {
    const call = this.calls.at(-1);
    return this.calling && call ? `${call.effect} ${call.side}` : null;
  }

  /** It asks for transfer slots. */
  get isQueued(): boolean {
    return this.pending.includes('slot');
  }

  #watches(side: Side): boolean {
    return this.watching?.at.some((place) => place.side === side) === true;
  }

  #where(): string {
    const { step, course, transfer } = this.context;
    return `${this.state} ${course} ${step} ${transfer}`;
  }
}

export const pair = (input?: MemberInput): PairLifecycle => new PairLifecycle(input);
