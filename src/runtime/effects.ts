/** The part of XState's executable action that a durable host may look at. */
export interface ActionRequest {
  readonly type: string;
  readonly params?: unknown;
}

/** What a transition asks the outside for, in order. */
export type Request =
  | { readonly kind: 'start'; readonly id: string; readonly src: string; readonly input: unknown }
  | { readonly kind: 'arm'; readonly id: string; readonly delay: number }
  | { readonly kind: 'end'; readonly id: string }
  | { readonly kind: 'count'; readonly counter: string };

/**
 * Translates XState's action list. The only function that knows XState's action names.
 * @throws Error for actions that can not be made durable: sendTo, emit, a delayed raise that is not an `after`, unnamed functions
 */
export function toRequests(actions: readonly ActionRequest[]): Request[] {
  return actions.flatMap(({ type, params }): Request[] => {
    const given = params as Record<string, unknown> | undefined;
    switch (type) {
      case 'xstate.spawnChild':
        return [{ kind: 'start', id: String(given?.id), src: String(given?.src), input: given?.input }];
      case 'xstate.raise': {
        if (given?.delay === undefined) return [];
        const event = given.event as { type: string };
        if (event.type !== given.id) throw new Error(`a delayed raise of ${event.type} is not durable: use after`);
        return [{ kind: 'arm', id: event.type, delay: Number(given.delay) }];
      }
      case 'xstate.stopChild':
        return given ? [{ kind: 'end', id: String(given.id) }] : [];
      case 'xstate.cancel':
        return [{ kind: 'end', id: String(given?.sendId) }];
      case 'count':
        return [{ kind: 'count', counter: String(given?.calls) }];
      default:
        throw new Error(`action ${type} is not durable`);
    }
  });
}
