import type { AnyStateMachine, AnyStateNode } from 'xstate';

export function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

/** "tracking.going", for every state without children. */
export function leafPaths(root: AnyStateNode): readonly string[] {
  return nodesOf(root)
    .filter((node) => Object.keys(node.states).length === 0)
    .map((node) => node.path.join('.'));
}

/** Delays by name that the machine does not define: XState fires them at once. */
export function danglingDelays(machine: AnyStateMachine): readonly string[] {
  return nodesOf(machine.root).flatMap((node) =>
    node.after
      .filter(({ delay }) => typeof delay === 'string' && !(delay in machine.implementations.delays))
      .map(({ delay }) => `${node.id}: ${delay}`),
  );
}
