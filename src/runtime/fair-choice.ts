/** A pending member that may be admitted. */
export interface Candidate {
  /** Position in the plan. */
  readonly order: number;
  /** Everything it needs a slot of. */
  readonly needs: readonly string[];
}

/**
 * Chooses who is admitted: in the order of the plan, whoever finds a slot of everything it needs. The first one that does not keeps those
 * others must not take before it, one of each: else members that need only one host could take turns in front of it for ever.
 * @param free how many slots there are of each; what is missing has none
 * @param most no more than so many
 */
export function chooseFairly<C extends Candidate>(candidates: readonly C[], free: ReadonlyMap<string, number>, most: number): readonly C[] {
  const left = new Map(free);
  const has = (need: string): boolean => (left.get(need) ?? 0) > 0;
  const take = (need: string): void => void left.set(need, (left.get(need) ?? 0) - 1);
  const chosen: C[] = [];
  let someoneWaits = false;
  for (const candidate of [...candidates].sort((a, b) => a.order - b.order)) {
    if (chosen.length >= most) break;
    if (candidate.needs.every(has)) {
      candidate.needs.forEach(take);
      chosen.push(candidate);
    } else if (!someoneWaits) {
      someoneWaits = true;
      candidate.needs.filter(has).forEach(take);
    }
  }
  return chosen;
}
