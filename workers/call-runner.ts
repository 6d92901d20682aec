import { createHash } from 'node:crypto';
import type { EffectInput } from '../src/domain/effect.ts';
import { type Failure, toFailure } from '../src/domain/failure.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { RuntimeEvent } from '../src/runtime/decide.ts';
import type { InstanceRef, RunId } from '../src/runtime/keys.ts';
import type { Presence } from '../src/runtime/presence.ts';
import type { Call } from '../src/runtime/queue-jobs.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import { reportInDoubt } from '../src/runtime/sweep.ts';
import type { Effect, EffectContext, Partner } from './effect.ts';
import { parametersOf } from './effect-parameters.ts';
import { isOfThisProcess } from './host-connections.ts';
import { EFFECT_REGISTRY } from './registry.ts';
import type { SettingsCache } from './settings-cache.ts';

/**
 * A claimed call must have left the process within this time, or half of `timeouts.doubt` where that is less, else it is not made any
 * more: after `timeouts.doubt` others believe that it was not made. Milliseconds.
 */
const LONGEST_SEND_WINDOW_MS = 2_000;

/** Reaches a host of a run by the plan's name. */
export type Connect = (run: string, host: string) => Promise<HyperVHost>;

/** Runs what it is given when it may begin. */
export type Limit = <Result>(work: () => Promise<Result>) => Promise<Result>;

export interface CallRunnerParts {
  readonly runtime: Runtime;
  readonly presence: Presence;
  readonly settings: SettingsCache;
}

/** What became of a call: `done` it needs nothing more of anybody · `left` nothing was claimed: it is for a worker that can log on. */
export type CallOutcome = 'done' | 'left';

/** Makes calls: claims, calls once, reports inside the job. A call that somebody may have made is never made again here. */
export class CallRunner {
  readonly #parts: CallRunnerParts;
  /** Tokens this process is working on: BullMQ may run a job twice. */
  readonly #inHand = new Set<string>();

  constructor(parts: CallRunnerParts) {
    this.#parts = parts;
  }

  /** @param limit holds calls back while as many as may be are being made on the host; what came of one is reported without it */
  async run(run: RunId, { id, token }: Call, connect: Connect, limit: Limit): Promise<CallOutcome> {
    const key = `${run}/${id}/${token}`;
    if (this.#inHand.has(key)) return 'done';
    this.#inHand.add(key);
    try {
      const ref = { run, id };
      const event = await limit(() => this.#call(ref, token, connect));
      if (typeof event === 'string') return event;
      await this.#parts.runtime.advance(ref, event, { effect: 'call', token, final: true });
      return 'done';
    } finally {
      this.#inHand.delete(key);
    }
  }

  /** @returns what is to be reported, or that there is nothing to report */
  async #call(ref: InstanceRef, token: string, connect: Connect): Promise<RuntimeEvent | CallOutcome> {
    const { runtime, presence, settings } = this.#parts;
    // Whether the call is still live is the claim's word: its token would not be claimed.
    const call = (await runtime.whereLive(ref, 'call', token))?.live.call;
    const member = await runtime.member(ref);
    if (!call || !member) return 'done';
    const input = call.input as EffectInput;
    const effect = EFFECT_REGISTRY[input.effect];
    let claimed = false;
    try {
      effect.input.parse(input);
      const host = await connect(ref.run, input.host);
      const needed = effect.needsSettings ? await settings.of(host, member.vmId, input.attempt > 1) : null;
      const context = {
        host,
        partner: partnerOf(ref, input, connect),
        member,
        input,
        parameters: parametersOf(member, input),
        settings: needed,
      };
      const obstacle = await obstacleTo(effect, context);
      const claimedAt = performance.now();
      const claim = await runtime.claim(ref, token, presence.worker);
      if (claim === 'dead') return 'done';
      if (claim !== 'yes') {
        if (claim === 'doubt' || claim.worker === presence.worker || !(await presence.isAlive(claim.worker)))
          await reportInDoubt(runtime, ref, token);
        return 'done';
      }
      claimed = true;
      if (obstacle) throw obstacle.thrown;
      const { doubt, call: timeoutMs } = member.settings.timeouts;
      const sendBy = claimedAt + Math.min(LONGEST_SEND_WINDOW_MS, doubt / 2);
      const control = { messageId: messageIdOf(ref, token), sendBy, timeoutMs };
      const output = await effect.run(context, control);
      return { type: 'xstate.done.actor.call', output: effect.output.parse(output) };
    } catch (thrown) {
      if (!claimed && isOfThisProcess(thrown)) return 'left';
      return { type: 'xstate.error.actor.call', error: failureOf(thrown, claimed, input.host) };
    }
  }
}

/** The host of the VM's other copy; null in a strategy that knows only one side. */
function partnerOf({ run }: InstanceRef, { partner }: EffectInput, connect: Connect): Partner | null {
  return partner === null ? null : { name: partner, reach: () => connect(run, partner) };
}

/**
 * What keeps the call from being made. Reported only by whoever holds the claim: somebody else may have made the call when nothing was
 * in its way yet.
 * @throws what only this process lacks to find out
 */
async function obstacleTo(effect: Effect, context: EffectContext): Promise<{ readonly thrown: unknown } | null> {
  try {
    await effect.precheck?.(context);
    return null;
  } catch (thrown) {
    if (isOfThisProcess(thrown)) throw thrown;
    return { thrown };
  }
}

/**
 * A defect of ours after the claim says nothing about the host: the call may have been made. It was not where the secret was gone by
 * then, which says nothing about the member either: another attempt is for whoever can log on.
 */
function failureOf(thrown: unknown, claimed: boolean, host: string): Failure {
  const failure = toFailure(thrown);
  if (failure.code === 'secret.missing') {
    return {
      class: 'retryable',
      code: 'host.not-sent',
      message: `the worker could no longer log on to ${host}, so nothing was sent: ${failure.message}`,
      remedy: 'Nothing to do: the call is made by a worker that can log on.',
    };
  }
  return claimed && failure.code === 'internal' ? { ...failure, class: 'reconcile' } : failure;
}

/** The same intention always has the same WS-Addressing MessageID (a UUID made from its name). */
function messageIdOf({ run, id }: InstanceRef, token: string): string {
  const hash = createHash('sha1').update(`failback/${run}/${id}/${token}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
