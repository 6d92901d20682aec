import type { Strategy } from '../domain/member.ts';
import type { Place } from './place.ts';

/** What a step is doing, as one phrase: `{home}` and `{away}` are the ways there, `{atHome}` and `{atAway}` stand for the hosts of both sides. */
const REVERSE: Readonly<Record<string, string>> = {
  commit: 'committing the failover {atAway}',
  replica: 'making the old copy {atHome} the replica',
  reverse: 'turning replication {home}',
  copy: 'copying {home}',
  resume: 'resuming replication {home}',
  resynchronize: 'resynchronising {home}',
  inSync: 'waiting until in sync',
  shutdown: 'shutting the VM down {atAway}',
  prepare: 'being made ready to fail over {atAway}',
  failover: 'failing over {home}',
  start: 'starting the VM {atHome}',
  verify: 'running {atHome}, being verified',
  probe: 'running {atHome}, being probed',
  hold: 'running {atHome}, on trial',
  protect: 'making the failover final, replicating back {away}',
  stopHome: 'taking the failover back: turning the VM off {atHome}',
  revertHome: 'taking the failover back {atHome}',
  revertAway: 'taking the failover back: undoing its preparation {atAway}',
  startAway: 'taking the failover back: starting the VM {atAway} again',
};

const DRILL: Readonly<Record<string, string>> = {
  testReplica: 'drill: making a test VM {atHome}',
  startTest: 'drill: starting the test VM',
  verifyTest: 'drill: test VM being verified',
  probe: 'drill: test VM being probed',
  probeTest: 'drill: test VM being probed',
  removeTest: 'drill: removing the test VM',
};

const PROVIDER: Readonly<Record<string, string>> = {
  failback: 'data is on its way home',
  start: 'VM is starting',
  verify: 'waiting until the VM runs and is healthy',
  commit: 'failover is being committed',
  reverse: 'replication is being reversed',
};

/** What was found done, as facts. */
const DONE: Readonly<Record<string, string>> = {
  failback: 'data was home',
  commit: 'failover was committed',
  replica: 'old copy was the replica',
  reverse: 'replication was reversed',
  copy: 'replication was set up',
  shutdown: 'VM was shut down',
  prepare: 'failover was prepared',
  failover: 'VM was failed over',
  start: 'VM was running',
  probe: 'VM was probed',
  protect: 'VM was protected',
  testReplica: 'test VM was there',
  startTest: 'test VM was running',
};

/** The step in work as a phrase; null for a step this build does not know. */
export function goingWords(step: string, place: Place | undefined): string | null {
  const phrase = tableOf(step, place?.strategy)[step];
  return phrase === undefined ? null : named(phrase, place);
}

/** What stands before a phase of the step: `failback` of a provider, a phrase where two hosts are concerned. */
export function titleOf(step: string, place: Place | undefined): string {
  const words = tableOf(step, place?.strategy);
  return words === PROVIDER ? step : named(words[step] ?? step, place);
}

/** Mends what is broken on the way: where nothing is, they were not done, but not needed. */
const REPAIRS: readonly string[] = ['resume', 'resynchronize'];

/** Of the steps a run had nothing to call for, those that were done before. */
export function alreadyDone(steps: readonly string[]): readonly string[] {
  return steps.filter((step) => !REPAIRS.includes(step));
}

/** Whoever set the replication up that way: of a VM that never failed over, nothing was committed or reversed. */
const SET_UP: readonly string[] = ['commit', 'replica', 'reverse'];

/** "failover was committed, old copy was the replica": steps that were done before. */
export function skippedWords(steps: readonly string[]): string {
  const isSetUp = steps.includes('copy');
  return alreadyDone(steps)
    .filter((step) => !(isSetUp && SET_UP.includes(step)))
    .map((step) => DONE[step] ?? `${step} was done`)
    .join(', ');
}

/** Without a place, only names that exist in one strategy tell which it is. */
function tableOf(step: string, strategy: Strategy | undefined): Readonly<Record<string, string>> {
  if (strategy === 'drill' || (strategy === undefined && step in DRILL && !(step in REVERSE))) return DRILL;
  if (strategy === 'reverse' || (strategy === undefined && step in REVERSE && !(step in PROVIDER))) return REVERSE;
  return PROVIDER;
}

function named(phrase: string, place: Place | undefined): string {
  // Where hosts can be named, they are: "home" is the other site in a planned failover.
  return phrase
    .replace('{home}', place ? `to ${place.host}` : 'home')
    .replace('{away}', place?.partner ? `to ${place.partner}` : 'to the other site')
    .replace('{atHome}', place ? `at ${place.host}` : 'at home')
    .replace('{atAway}', place?.partner ? `at ${place.partner}` : 'at the other site');
}

/** "5 reverse, 7 provider"; null where all go home the plain way, by the provider behind them. */
export function strategyWords({ strategies }: { readonly strategies: Readonly<Partial<Record<Strategy, number>>> }): string | null {
  const used = Object.entries(strategies);
  return used.every(([strategy]) => strategy === 'provider') ? null : used.map(([strategy, count]) => `${count} ${strategy}`).join(', ');
}
