import { describePair } from './pair.ts';
import { blocked, type Look, pairOf, type Readiness } from './step.ts';

/** Common to the steps of the way home: both sides are looked at before and after, and the steps are rungs of one ladder. */
export const rung = { looksAt: 'both', lasting: true, proof: () => 0, underWay: () => null } as const;

/** A pair no step knows how to go on from. `wanted`: what the step would have done. */
export function strange(look: Look, wanted: string): Readiness {
  return blocked(
    `${wanted}, but the pair stands elsewhere: ${describePair(pairOf(look), look.hosts)}`,
    `Compare both hosts with the table in docs/way-home.md (home is ${look.hosts.home}, away ${look.hosts.away}), bring the pair onto one of its rungs by hand, then retry.`,
  );
}
