/**
 * The candidate a misspelt word most likely means: the fewest inserted, deleted, replaced or swapped letters, without
 * regard to case, and at most a third of the word's length (but two). Else the candidate that one of the two abbreviates.
 * @returns null when nothing is close
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let bound = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | null = null;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > bound) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance > bound || distance >= Math.max(wanted.length, candidate.length)) continue;
    if (best !== null && distance === bound) continue;
    best = candidate;
    bound = distance;
    if (distance === 0) break;
  }
  return best ?? abbreviated(wanted, candidates);
}

function abbreviated(word: string, candidates: Iterable<string>): string | null {
  if (word.length < 3) return null;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (other.startsWith(word) || (other.length >= 3 && word.startsWith(other))) return candidate;
  }
  return null;
}

/** Optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
