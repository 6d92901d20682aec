import { closeSync, openSync, writeSync } from 'node:fs';
import { closeCorpus, openCorpus } from './corpus.ts';
import { type CaseEnd, runCase } from './run-cases.ts';

/** What it tells the process that started it. */
export type SliceMessage =
  | { readonly type: 'finding'; readonly number: number; readonly target: string; readonly finding: string }
  | ({ readonly type: 'done' } & SliceResult);

export interface SliceResult {
  /** Target, outcome, how often. */
  readonly outcomes: readonly (readonly [CaseEnd['target'], string, number])[];
  /** Processor time of the slowest case, milliseconds, and its number. */
  readonly slowest: { readonly number: number; readonly ms: number };
  /** Of the JavaScript heap after collections of garbage, bytes: when it had warmed up, and the most after that. */
  readonly heap: { readonly first: number; readonly most: number };
  /** Most memory of the process, bytes. */
  readonly peak: number;
}

/** Cases between two looks at the heap; the first is when it has warmed up. */
const HEAP_EVERY = 10_000;

// The process that started it is gone, or has been told everything.
process.once('disconnect', () => process.exit());
// Cases `from` and up to `to`, without it, of those every `step`. The number of the one that is under way stands in a file.
const [file = '', ...numbers] = process.argv.slice(2);
const [seed = 1, from = 0, to = 0, step = 1] = numbers.map(Number);
const progress = openSync(file, 'w');
const corpus = await openCorpus();
const outcomes = new Map<CaseEnd['target'], Map<string, number>>();
const heap = { first: 0, most: 0 };
let slowest = { number: from, ms: 0 };
let done = 0;

const place = Buffer.alloc(8);
for (let number = from; number < to; number += step) {
  place.writeDoubleLE(number);
  writeSync(progress, place, 0, place.length, 0);
  const before = process.cpuUsage();
  const { target, outcome, finding } = await runCase(seed, number, corpus);
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1_000;
  if (ms > slowest.ms) slowest = { number, ms };
  const ofTarget = outcomes.get(target) ?? new Map<string, number>();
  outcomes.set(target, ofTarget.set(outcome, (ofTarget.get(outcome) ?? 0) + 1));
  if (finding !== null) tell({ type: 'finding', number, target, finding });
  done += 1;
  if (done % HEAP_EVERY === 0) lookAtHeap();
}
closeSync(progress);
await closeCorpus(corpus);
const counted = [...outcomes].flatMap(([target, counts]) => Array.from(counts, ([outcome, count]) => [target, outcome, count] as const));
tell({ type: 'done', outcomes: counted, slowest, heap, peak: process.resourceUsage().maxRSS * 1_024 });
process.disconnect?.();

function lookAtHeap(): void {
  globalThis.gc?.();
  const { heapUsed } = process.memoryUsage();
  if (heap.first === 0) heap.first = heapUsed;
  heap.most = Math.max(heap.most, heapUsed);
}

function tell(message: SliceMessage): void {
  process.send?.(message);
}
