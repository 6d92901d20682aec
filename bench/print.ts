import Table from 'cli-table3';
import type { ComparedFigure, Comparison } from './comparison.ts';

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
  looks: ['looks at whole hosts', count],
  settingsReads: ['reads of all settings', count],
  polls: ['looks at copying VMs', count],
  pollsPeak: ['of them in the busiest second', count],
  pollGapP99: ['between two looks at a VM, p99', ms],
  commands: ['Redis commands a VM', count],
  scripts: ['script calls a VM', count],
  redisBytes: ['Redis memory a VM, afterwards', bytes],
  redisBytesWithoutJournal: ['of it not the journal', bytes],
  fileBytes: ['append-only file a VM', bytes],
  peakMemory: ['worker memory, peak', bytes],
  peakGrowth: ['worker memory, growth a VM', bytes],
  heap: ['worker heap a VM, afterwards', bytes],
};

export function printComparison({ members, jobMs, figures }: Comparison): string {
  const rows = new Table({ head: ['', 'product', 'yardstick', 'ratio', 'goal', ''], style: { head: [], border: [], compact: true } });
  for (const [name, [words, format]] of Object.entries(FIGURES)) {
    const figure = figures.find((one) => one.figure === name);
    if (figure) rows.push([words, ...valuesOf(figure, format), goalOf(figure, format), figure.verdict ?? '']);
  }
  return `${members} VMs, jobs of ${jobMs / 1000} s\n${rows.toString()}`;
}

function valuesOf({ product, yardstick, ratio }: ComparedFigure, format: Format): readonly string[] {
  return [product, yardstick].map((value) => (value === null ? '' : format(value))).concat(ratio === null ? '' : ratio.toFixed(2));
}

function goalOf({ goal }: ComparedFigure, format: Format): string {
  if (goal === null) return '';
  const words = (bound: number) => (goal.compared === 'ratio' ? `${bound} ×` : format(bound));
  return `${goal.want} ${words(goal.goal)}${goal.milestone === null ? '' : ` (first ${words(goal.milestone)})`}`;
}
