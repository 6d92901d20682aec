import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SliceMessage, SliceResult } from './slice-process.ts';

export interface CampaignOptions {
  readonly seed: number;
  /** Cases `from` and up to `to`, without it. */
  readonly from: number;
  readonly to: number;
  /** Processes beside each other. */
  readonly jobs: number;
  readonly say: (text: string) => void;
}

export interface Finding {
  readonly number: number;
  readonly target: string;
  readonly finding: string;
}

export interface Summary {
  readonly seed: number;
  readonly cases: number;
  readonly findings: readonly Finding[];
  /** How often each target was run, and what came out. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Processor time of the slowest case, milliseconds. */
  readonly slowestMs: number;
  readonly slowestCase: number;
  /** Growth of the JavaScript heap of one process after it had warmed up, MB. */
  readonly heapGrowthMB: number;
  /** Most memory of one process, MB. */
  readonly peakMB: number;
  readonly durationMs: number;
}

/** JavaScript heap of a process, MB: a case that needs more ends it, and is found. */
const HEAP_MB = 256;
/** Processor time that a case may take, milliseconds. None needs a tenth of it. */
const CASE_MS = 2_000;
/** Growth of the heap that is a leak, MB. */
const MAX_GROWTH_MB = 32;
/** A case that is not done by then hangs, milliseconds: those that wait have half a second. */
const HANG_MS = 60_000;
const MB = 1_048_576;

const SLICE = fileURLToPath(new URL('./slice-process.js', import.meta.url));

/** Runs cases in processes of their own, and finds those that end, stop or fill one of them. */
export async function runCampaign(options: CampaignOptions): Promise<Summary> {
  const { seed, from, to, jobs } = options;
  const directory = mkdtempSync(join(tmpdir(), 'failback-fuzz-'));
  const begun = performance.now();
  const findings: Finding[] = [];
  try {
    const slices = Array.from({ length: Math.min(jobs, to - from) }, (_, job) =>
      runSlice(options, job, join(directory, `${job}`), findings),
    );
    const results = (await Promise.all(slices)).filter((result) => result !== null);
    const worst = results.map(({ slowest }) => slowest).sort((a, b) => b.ms - a.ms)[0] ?? { number: from, ms: 0 };
    const growth = Math.max(0, ...results.map(({ heap }) => heap.most - heap.first)) / MB;
    if (worst.ms > CASE_MS) findings.push({ number: worst.number, target: 'time', finding: `takes ${worst.ms} ms of the processor` });
    if (growth > MAX_GROWTH_MB)
      findings.push({ number: to - 1, target: 'memory', finding: `the heap has grown by ${growth.toFixed(1)} MB` });
    return {
      seed,
      cases: results.flatMap(({ outcomes }) => outcomes).reduce((sum, [, , count]) => sum + count, 0),
      findings: findings.sort((a, b) => a.number - b.number),
      outcomes: together(results),
      slowestMs: Math.round(worst.ms),
      slowestCase: worst.number,
      heapGrowthMB: Number(growth.toFixed(1)),
      peakMB: Math.round(Math.max(0, ...results.map(({ peak }) => peak)) / MB),
      durationMs: Math.round(performance.now() - begun),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Null when the process did not come to its end. */
function runSlice(
  { seed, from, to, jobs, say }: CampaignOptions,
  job: number,
  file: string,
  findings: Finding[],
): Promise<SliceResult | null> {
  return new Promise((resolve) => {
    const words = [file, seed, from + job, to, jobs].map(String);
    const child = fork(SLICE, words, { execArgv: [`--max-old-space-size=${HEAP_MB}`, '--expose-gc'] });
    let result: SliceResult | null = null;
    let last = Number.NaN;
    const watch = setInterval(() => {
      const current = underWay(file);
      if (current === last) child.kill('SIGKILL');
      last = current;
      say(`process ${job}: case ${current}`);
    }, HANG_MS);
    child.on('message', (message: SliceMessage) => {
      if (message.type === 'done') result = message;
      else {
        findings.push(message);
        say(`case ${message.number} (${message.target}): ${message.finding}`);
      }
    });
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      if (result === null)
        findings.push({ number: underWay(file), target: 'process', finding: `the process ended with ${signal ?? code}` });
      resolve(result);
    });
  });
}

/** The case a process has come to. */
function underWay(file: string): number {
  const bytes = readFileSync(file);
  return bytes.length < 8 ? Number.NaN : bytes.readDoubleLE();
}

function together(results: readonly SliceResult[]): Summary['outcomes'] {
  const all: Record<string, Record<string, number>> = {};
  for (const [target, outcome, count] of results.flatMap(({ outcomes }) => outcomes)) {
    all[target] ??= {};
    all[target][outcome] = (all[target][outcome] ?? 0) + count;
  }
  return all;
}
