import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { nodesOf } from './structure.ts';

interface Edge {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Event and guard, in words. */
  readonly label: string;
  readonly isCommand: boolean;
}

export type Kind = 'all' | 'commands' | 'facts';

/** The states right below the root, with those inside them folded up; commands are what people send, facts all the rest. */
export function toMermaid(machine: AnyStateMachine, kind: Kind = 'all'): string {
  const edges = edgesOf(machine)
    .filter(({ isCommand }) => kind === 'all' || isCommand === (kind === 'commands'))
    .map((edge) => ({
      ...edge,
      from: edge.from.slice(0, 1),
      to: edge.to.slice(0, 1),
      inside: edge.from[0] === edge.to[0] && edge.from.length > 1,
    }))
    .filter(({ inside }) => !inside);
  return chart(machine.root, kind === 'commands' ? null : machine.root, edges);
}

/** The inside of a composite state and where it is left to. */
export function insideToMermaid(machine: AnyStateMachine, name: string): string {
  const node = machine.root.states[name];
  if (!node) throw new RangeError(`machine ${machine.id} has no state ${name}`);
  const edges = edgesOf(machine)
    .filter(({ from }) => from[0] === name && from.length > 1)
    .map((edge) => ({ ...edge, from: edge.from.slice(1), to: edge.to[0] === name ? edge.to.slice(1) : edge.to.slice(0, 1) }));
  return chart(node, node, edges);
}

export function compositesOf(machine: AnyStateMachine): readonly string[] {
  return Object.values(machine.root.states)
    .filter((node) => Object.keys(node.states).length > 0)
    .map(({ key }) => key);
}

/** One line a state: status, what the runtime does meanwhile, what it waits for. */
export function toTable(machine: AnyStateMachine): string {
  const rows = nodesOf(machine.root)
    .filter((node) => node !== machine.root)
    .map((node) => {
      const effects = node.invoke.map(({ src }) => `\`${String(src)}\``);
      const timers = node.after.map(({ delay }) => `\`${String(delay)}\``);
      return `| \`${node.path.join('.')}\` | ${node.tags.join(', ')} | ${effects.join(', ')} | ${timers.join(', ')} |`;
    });
  return ['| state | status | effect | timer |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function chart(parent: AnyStateNode, start: AnyStateNode | null, edges: readonly Edge[]): string {
  const arrows = new Map<string, string[]>();
  for (const { from, to, label } of edges) {
    const arrow = `${from.join('_')} --> ${to.join('_')}`;
    const labels = arrows.get(arrow) ?? [];
    if (!labels.includes(label)) labels.push(label);
    arrows.set(arrow, labels);
  }
  const first = start?.initial.target?.[0]?.key;
  const ends = Object.values(parent.states).filter(({ type, key }) => type === 'final' && edges.some(({ to }) => to[0] === key));
  return [
    'stateDiagram-v2',
    ...(first ? [`  [*] --> ${first}`] : []),
    ...[...arrows].map(([arrow, labels]) => `  ${arrow}${labels.some((label) => label !== '') ? ` : ${labels.join(' or ')}` : ''}`),
    ...ends.map(({ key }) => `  ${key} --> [*]`),
  ].join('\n');
}

function edgesOf(machine: AnyStateMachine): readonly Edge[] {
  return nodesOf(machine.root).flatMap((node) =>
    [node.always ?? [], ...node.transitions.values()].flatMap((sameEvent) =>
      sameEvent.flatMap((transition, n) =>
        (transition.target ?? []).map((target) => ({
          from: node.path,
          to: target.path,
          label: labelOf(transition, n > 0),
          isCommand: transition.eventType.startsWith(`${machine.id}.`),
        })),
      ),
    ),
  );
}

/** "cancel [a copy may be under way]"; free of the characters that end a label: colon, semicolon, line break. */
function labelOf({ eventType, guard }: AnyTransitionDefinition, followsOthers: boolean): string {
  const name = typeof guard === 'string' ? guard : (guard as { type?: string } | undefined)?.type;
  const condition = name ?? (followsOthers ? 'else' : null);
  return [eventOf(eventType), ...(condition === null ? [] : [`[${condition}]`])]
    .filter((part) => part !== '')
    .join(' ')
    .replace(/[:;\n]/g, ' ');
}

function eventOf(type: string): string {
  const [, kind, name] = /^xstate\.(done\.actor|error\.actor|after)\.([^.]+)/.exec(type) ?? [];
  if (kind === 'done.actor') return `${name} answered`;
  if (kind === 'error.actor') return `${name} failed`;
  if (kind === 'after') return `after ${name}`;
  return type === 'host.observed' ? 'look' : type.replace(/^(failback|run)\./, '');
}
