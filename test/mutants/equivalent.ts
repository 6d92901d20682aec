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
    mutants: /^(approval|queued|scheduled): failback\.cancel\[0\] cancelling := needsOperator$/,
    because: 'as above: no step of a way back asks for approval or moves data in bulk',
  },
  {
    mutants: /^cancelling\.(ending|lastLook): always\[1\] guard 'job found' cancelling\.terminating := needsOperator$/,
    because: 'as above: cancelling is only reached on the way forth by those who wait for a copy, and decides for the job that was found',
  },
  {
    mutants: /^achieved: always\[5\] guard 'cancel requested, can be taken back' turning := needsOperator$/,
    because: 'as above: cancelling takes back what can be taken back',
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
