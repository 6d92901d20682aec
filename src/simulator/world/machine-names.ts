/** Kinds of machines of an ordinary data centre and how many of each there are in a hundred. */
const KINDS: readonly (readonly [prefix: string, share: number])[] = [
  ['dc', 2],
  ['sql', 6],
  ['web', 24],
  ['app', 26],
  ['file', 6],
  ['exch', 4],
  ['rds', 10],
  ['build', 6],
  ['mon', 4],
  ['k8s-node', 12],
];

/** Names that break whatever does not escape: XML, WQL, shells, terminals. */
export const AWKWARD_NAMES: readonly string[] = [
  `O'Brien's "test" box`,
  '<R&D> web]]>01',
  'D:\\share\\vm\\',
  'Zürich 🏔️ büro-07',
  `' OR ElementName LIKE '%`,
  '$(hostname) `id` ; rm',
  ' leading and trailing ',
  '日本語サーバー',
];

/**
 * Realistic names, each once: `dc01`, `sql01`, `web-001`, … The first ones do not change when more are asked for.
 * @param count how many
 */
export function machineNames(count: number): string[] {
  const given = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    // The kind whose share is least used so far, so that a small number has a mix, too.
    const [prefix] = KINDS.reduce((best, kind) => (due(kind, given, index) > due(best, given, index) ? kind : best));
    const nth = (given.get(prefix) ?? 0) + 1;
    given.set(prefix, nth);
    const short = prefix === 'dc' || prefix === 'sql';
    return short ? `${prefix}${String(nth).padStart(2, '0')}` : `${prefix}-${String(nth).padStart(3, '0')}`;
  });
}

function due([prefix, share]: readonly [string, number], given: ReadonlyMap<string, number>, index: number): number {
  return (share / 100) * (index + 1) - (given.get(prefix) ?? 0) + (prefix === 'dc' && index === 0 ? 1 : 0);
}
