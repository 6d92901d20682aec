import Table from 'cli-table3';
import type { AcrossFigure } from './across.ts';
import type { ComparedFigure, Comparison } from './comparison.ts';
import { describe } from './place.ts';

type Format = (value: number) => string;

const ms: Format = (value) => `${value.toFixed(value < 10 ? 3 : 0)} ms`;
const seconds: Format = (value) => `${(value / 1000).toFixed(2)} s`;
const bytes: Format = (value) => (value < 1e6 ? `${(value / 1024).toFixed(2)} KB` : `${(value / 1024 ** 2).toFixed(1)} MB`);
const count: Format = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 100 ? 2 : 0));

/** Every figure in words, in the order of the table. */
const FIGURES: Readonly<Record<string, readonly [string, Format]>> = {
  rate: ['lifecycles a second', count],
  wall: ['creation to last completion', seconds],
  creation: ['of it creation', seconds],
  overheadP50: ['overhead of a VM, median', ms],
  overheadP99: ['overhead of a VM, p99', ms],
  cpu: ['CPU a VM, workers + Redis', ms],
  workerCpu: ['CPU a VM, workers', ms],
  redisCpu: ['CPU a VM, Redis', ms],
  creationCpu: ['CPU a VM, creator', ms],
  records: ['durable records a VM', count],
  requests: ['host requests a VM', count],
  calls: ['of them InitiateFailback', count],
  wire: ['HTTP requests a VM, all together', count],
  looks: ['looks at whole hosts', count],
  settingsReads: ['reads of all settings', count],
  polls: ['looks at copying VMs', count],
  pollsPeak: ['of them in the busiest second', count],
  pollGapP50: ['between two looks at a VM, median', ms],
  pollGapP99: ['between two looks at a VM, p99', ms],
  pollGapMax: ['between two looks at a VM, longest', ms],
  commands: ['Redis commands a VM', count],
  scripts: ['script calls a VM', count],
  redisBytes: ['Redis memory a VM, afterwards', bytes],
  redisBytesWithoutJournal: ['of it not the journal', bytes],
  fileBytes: ['append-only file a VM', bytes],
  peakMemory: ['worker memory, peak', bytes],
  peakGrowth: ['worker memory, growth a VM', bytes],
  heap: ['worker heap a VM, afterwards', bytes],
  inFlight: ['most VMs in flight', count],
  flightWorker: ['worker memory a VM in flight', bytes],
  flightHeap: ['of it still needed', bytes],
  flightRedis: ['Redis memory a VM in flight', bytes],
  flightRedisWithoutJournal: ['of it not the journal', bytes],
  calledAtKill: ['called for when killed', count],
  underWayAtKill: ['of them copying', count],
  homeAtKill: ['home when killed', count],
  ready: ['new worker serves after', ms],
  firstRequest: ['its first host request after', ms],
  firstCommit: ['its first commit after', ms],
  firstCall: ['its first InitiateFailback after', ms],
  allDone: ['all done after', seconds],
  repeated: ['calls repeated', count],
  lost: ['VMs lost', count],
};

export function printComparison(comparison: Comparison): string {
  const rows = new Table({ head: ['', 'product', 'yardstick', 'ratio', 'goal', ''], style: { head: [], border: [], compact: true } });
  for (const [name, [words, format]] of Object.entries(FIGURES)) {
    const figure = comparison.figures.find((one) => one.figure === name);
    if (figure) rows.push([words, ...valuesOf(figure, format), goalOf(figure, format), figure.verdict ?? '']);
  }
  return `${describe(comparison)}\n${rows.toString()}`;
}

/** Empty when there is nothing to tell. */
export function printAcross(figures: readonly AcrossFigure[]): string {
  if (figures.length === 0) return '';
  const rows = new Table({ head: ['', 'product', 'yardstick', 'at most', ''], style: { head: [], border: [], compact: true } });
  const words = (ratio: number | null) => (ratio === null ? '' : ratio.toFixed(2));
  for (const { what, product, yardstick, goal, verdict } of figures)
    rows.push([what, words(product), words(yardstick), words(goal), verdict ?? '']);
  return `${rows.toString()}\n`;
}

function valuesOf({ product, yardstick, ratio }: ComparedFigure, format: Format): readonly string[] {
  return [product, yardstick].map((value) => (value === null ? '' : format(value))).concat(ratio === null ? '' : ratio.toFixed(2));
}

function goalOf({ goal }: ComparedFigure, format: Format): string {
  if (goal === null) return '';
  const words = (bound: number) => (goal.compared === 'ratio' ? `${bound} ×` : format(bound));
  return `${goal.want} ${words(goal.goal)}${goal.milestone === null ? '' : ` (first ${words(goal.milestone)})`}`;
}
