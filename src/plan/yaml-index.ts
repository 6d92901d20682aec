import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  visit,
  type YAMLMap,
} from 'yaml';

/** Something wrong with a document that a parser lets pass. */
export interface IndexProblem {
  readonly offset: number;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** True when the document's data cannot be used. */
  readonly fatal: boolean;
}

interface Entry {
  readonly key: Node;
  readonly value: Node | null;
}

const USUAL_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Where keys and values of a document are, and what its aliases stand for. One walk, however large the document. */
export class YamlIndex {
  readonly problems: IndexProblem[] = [];
  readonly #root: Node | null;
  readonly #targets = new Map<Alias, Node>();
  readonly #entries = new Map<YAMLMap, Map<string, Entry>>();

  /** @param lineOf the line of an offset, for the message about a key that is there twice */
  constructor(document: Document.Parsed<ParsedNode>, lineOf: (offset: number) => number) {
    this.#root = document.contents;
    const anchors = new Map<string, Node>();
    visit(document, {
      Node: (_key, node, ancestors) => {
        const report = (message: string, fatal: boolean) =>
          this.problems.push({ offset: offsetOf(node), path: pathOf([...ancestors, node]), message, fatal });
        if (isAlias(node)) {
          const target = anchors.get(node.source);
          if (target) this.#targets.set(node, target);
          else report('an alias without an anchor before it; quote a value that starts with *', true);
          return;
        }
        if (node.anchor) anchors.set(node.anchor, node);
        if (node.tag && !USUAL_TAGS.has(node.tag)) report('a tag that is not used in plans; quote a value that starts with !', true);
        if (isMap(node)) this.#indexMap(node, [...ancestors, node], lineOf);
      },
    });
  }

  #indexMap(map: YAMLMap, ancestors: readonly unknown[], lineOf: (offset: number) => number): void {
    const entries = new Map<string, Entry>();
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const first = entries.get(name);
      if (first) {
        const message = `${JSON.stringify(name)} is here twice, first in line ${lineOf(offsetOf(first.key))}`;
        this.problems.push({ offset: offsetOf(key), path: [...pathOf(ancestors), name], message, fatal: false });
      }
      entries.set(name, { key, value: isNode(value) ? value : null });
    }
    this.#entries.set(map, entries);
  }

  /**
   * The offset of the value at `path`, or of its key. A path that does not exist is where its nearest existing parent is;
   * an alias is followed only when the path goes on below it.
   */
  locate(path: readonly PropertyKey[], part: 'key' | 'value'): number {
    let node = this.#root;
    let offset = offsetOf(node);
    for (const [depth, step] of path.entries()) {
      const container: unknown = isAlias(node) ? this.#targets.get(node) : node;
      if (isSeq(container) && typeof step === 'number') {
        const item = container.items[step];
        if (!isNode(item)) return offset;
        node = item;
        offset = offsetOf(item);
      } else if (isMap(container)) {
        const entry = this.#entries.get(container)?.get(String(step));
        if (!entry) return offset;
        const keyOnly = (part === 'key' && depth === path.length - 1) || !entry.value?.range || isEmpty(entry.value);
        offset = offsetOf(keyOnly ? entry.key : entry.value);
        node = entry.value;
      } else {
        return offset;
      }
    }
    return offset;
  }
}

/** A key without anything after its colon: such a value has a place, but nothing to see there. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

function pathOf(nodes: readonly unknown[]): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (const [depth, node] of nodes.entries()) {
    const parent = nodes[depth - 1];
    if (isPair(node) && isScalar(node.key)) path.push(String(node.key.value));
    else if (isSeq(parent)) path.push(parent.items.indexOf(node));
  }
  return path;
}
