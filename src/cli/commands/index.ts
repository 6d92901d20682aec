import type { Command } from 'commander';
import type { Start } from '../context.ts';
import { addApprove, addCancel, addPause, addResume, addRetry } from './act.ts';
import { addAdopt } from './adopt.ts';
import { addArchive } from './archive.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addHistory } from './history.ts';
import { addHosts } from './hosts.ts';
import { addInventory } from './inventory.ts';
import { addLater } from './later.ts';
import { addPlan } from './plan.ts';
import { addPreflight } from './preflight.ts';
import { addRedis } from './redis.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addRuns } from './runs.ts';
import { addSimulate } from './simulate.ts';
import { addStatus } from './status.ts';
import { addWatch } from './watch.ts';
import { addWorker } from './worker.ts';

/** All commands, in the order of the help text. */
export const COMMANDS: readonly ((program: Command, start: Start) => void)[] = [
  addDemo,
  addPlan,
  addHosts,
  addInventory,
  addPreflight,
  addRun,
  addAdopt,
  addWorker,
  addStatus,
  addWatch,
  addRuns,
  addHistory,
  addReport,
  addArchive,
  addApprove,
  addPause,
  addResume,
  addCancel,
  addRetry,
  addSimulate,
  addDoctor,
  addRedis,
  addLater,
];
