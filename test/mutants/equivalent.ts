interface Equivalence {
  readonly mutants: RegExp;
  readonly because: string;
}

const EQUIVALENCES: readonly Equivalence[] = [
  {
    mutants: / guard '[^']+' cancelling := needsOperator$/,
    because:
      'needsOperator goes on to cancelling at once when a cancel was asked for, within the same step; these guards hold on the way forth only',
  },
  {
    mutants: /: exit xstate\.cancel xstate\.after\./,
    because: 'a timer that fires in another state is taken by none, and entering the state again replaces it',
  },
];

/** Why no test can notice a mutant; null for one that should be noticed. */
export function reasonFor(mutant: string): string | null {
  return EQUIVALENCES.find(({ mutants }) => mutants.test(mutant))?.because ?? null;
}
