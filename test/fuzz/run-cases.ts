import { type RandomStream, randomStream } from '../../src/simulator/world/random.ts';
import type { Corpus } from './corpus.ts';
import { INSIDE, outcomeOf } from './outcome.ts';
import { fuzzAnswers } from './targets/answers.ts';
import { fuzzClient } from './targets/client.ts';
import { fuzzKerberos } from './targets/kerberos.ts';
import { fuzzLogOn } from './targets/log-on.ts';
import { fuzzReaders } from './targets/readers.ts';
import { fuzzScript } from './targets/script.ts';
import { fuzzSealed } from './targets/sealed.ts';

/** One way in. @returns what came out; throws errors of ours, or a `Finding` */
type Target = (random: RandomStream, corpus: Corpus) => Promise<string>;

export const TARGETS = {
  readers: fuzzReaders,
  answers: fuzzAnswers,
  sealed: fuzzSealed,
  'log-on': fuzzLogOn,
  kerberos: fuzzKerberos,
  script: fuzzScript,
  client: fuzzClient,
} satisfies Record<string, Target>;
export type TargetName = keyof typeof TARGETS;

/** Of 50 cases in a row. */
const SHARES: Readonly<Record<TargetName, number>> = {
  readers: 16,
  answers: 15,
  sealed: 7,
  'log-on': 6,
  kerberos: 1,
  script: 4,
  client: 1,
};
const TURN = Object.entries(SHARES).flatMap(([name, share]) => Array<TargetName>(share).fill(name as TargetName));

/** How a case ended. */
export interface CaseEnd {
  readonly target: TargetName;
  readonly outcome: string;
  /** What was found to be wrong; null: nothing. */
  readonly finding: string | null;
}

/** Runs one case. The same seed and number always are the same case, but for message ids, and the order of what is asked at the same time. */
export async function runCase(seed: number, number: number, corpus: Corpus): Promise<CaseEnd> {
  const target = TURN[number % TURN.length] ?? 'readers';
  try {
    const outcome = await TARGETS[target](randomStream(seed, number), corpus).catch((error: unknown) => outcomeOf(error, INSIDE));
    return { target, outcome, finding: null };
  } catch (error) {
    return { target, outcome: 'finding', finding: error instanceof Error ? error.message : String(error) };
  }
}
