import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { FailbackError } from '../../domain/failure.ts';
import { dataDirectory } from '../../redis/locate-redis.ts';
import { type ManagedRedis, startManagedRedis } from '../../redis/managed-redis.ts';
import { collectReport } from '../../report/collect-report.ts';
import { printable } from '../../report/printable.ts';
import type { RunReport } from '../../report/run-report.ts';
import { renderReport } from '../../report/write-report.ts';
import type { RunId } from '../../runtime/keys.ts';
import { releaseRun } from '../../runtime/vm-holds.ts';
import type { CliContext, Start } from '../context.ts';
import { requireDataDirectory } from '../data-directory.ts';
import { writeDemoPlan } from '../demo-plan.ts';
import { ExitCode } from '../exit-code.ts';
import {
  FAULT_PRESETS,
  type FaultPreset,
  SIMULATED_STRATEGIES,
  type SimulatedStage,
  type SimulatedStrategy,
  type SimulatorHandle,
} from '../parts.ts';
import { findRedis, withRedis } from '../redis-session.ts';
import { runPlan } from '../run-plan.ts';
import { positiveNumber, usageError, wholeNumber } from '../usage.ts';
import { writeWhole } from '../write-whole.ts';
import { useOf } from './redis.ts';
import { reportFile } from './report.ts';

interface DemoOptions {
  readonly vms: number;
  readonly hosts: number;
  readonly seed: number;
  readonly faults: FaultPreset;
  readonly speed?: number;
  readonly strategy: SimulatedStrategy;
}

const PREFIX = 'demo-';

/** Pairs are found where a disaster, an administrator or an earlier attempt left them: done work is not done again. */
const STAGES: readonly SimulatedStage[] = ['failed-over', 'committed', 'replicating', 'resync-required', 'home-is-replica', 'stopped'];

export function addDemo(program: Command, start: Start): void {
  program
    .command('demo')
    .description('the whole system against simulated hosts, self-contained: nothing of yours is touched')
    .option('--vms <n>', 'number of VMs', wholeNumber(1, 100_000), 12)
    .option('--hosts <n>', 'number of hosts', wholeNumber(1, 200), 2)
    .addOption(new Option('--faults <preset>', 'what goes wrong').choices(FAULT_PRESETS).default('some'))
    .addOption(new Option('--strategy <strategy>', 'how VMs go home').choices(SIMULATED_STRATEGIES).default('provider'))
    .option('--seed <n>', 'everything random in the simulated world comes from it', wholeNumber(0, 4_294_967_295), 7)
    .option('--speed <x>', 'simulated seconds a second (default: so that it takes about half a minute)', positiveNumber)
    .action((options: DemoOptions, command: Command) => start(command, (context) => demo(context, options)));
}

async function demo(context: CliContext, options: DemoOptions): Promise<number> {
  if (options.strategy !== 'provider' && options.hosts < 2) {
    throw usageError(`strategy ${options.strategy} needs two sites`, 'Ask for at least 2 hosts.');
  }
  const { output, parts } = context;
  const directory = dataDirectory(parts.env);
  const own = context.options.redis === undefined && !parts.env.FAILBACK_REDIS_URL;
  requireDataDirectory(directory);
  // It may be used by others when the demo ends: who stops it is decided then.
  const redis = own ? await startManagedRedis({ directory, outlive: true }) : null;
  try {
    const { where } = await findRedis(context);
    output.say(`Redis      ${where}${redis ? `, data in ${printable(directory)}` : ''}`);
    await setAsideOldDemos(context);
    const speed = options.speed ?? speedFor(options);
    const { simulator, port } = await startHosts(context, options, speed);
    try {
      return await bringHome(context, options, { directory, simulator, port, speed });
    } finally {
      await simulator.close();
    }
  } finally {
    if (redis && !redis.reused) await stopUnlessUsed(context, redis);
  }
}

/** Its data stays on disk; the next command that needs it starts it again. */
async function stopUnlessUsed({ output }: CliContext, redis: ManagedRedis): Promise<void> {
  const { users, runs } = await useOf(redis);
  const others = runs.filter((run) => !run.startsWith(PREFIX));
  if (users.length === 0 && others.length === 0) return redis.stop();
  const why = users.length > 0 ? `process ${users.join(', ')} uses it` : `${others[0]} is not finished`;
  output.say(`Redis      goes on running: ${why} (failback redis stop)`);
}

interface Stage {
  readonly directory: string;
  readonly simulator: SimulatorHandle;
  readonly port: number;
  readonly speed: number;
}

async function bringHome(context: CliContext, options: DemoOptions, { directory, simulator, port, speed }: Stage): Promise<number> {
  const { output, command } = context;
  const { vms, hosts, seed, faults, strategy } = options;
  const pairs = strategy === 'provider' ? {} : { strategy, stages: STAGES.join(',') };
  const numbers = { port, hosts, vms, seed, speed, faults, ...pairs };
  const playAgain = command('simulate', ...Object.entries(numbers).flatMap(([option, value]) => [`--${option}`, String(value)]));
  const name = `${PREFIX}${randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0')}`;
  const plan = await writeDemoPlan({
    directory: join(directory, 'demo'),
    name,
    hosts: simulator.hosts,
    strategy,
    playAgain,
  });
  const shown = simulator.hosts.slice(0, 2).map(({ name, url }) => `${name} ${url}`);
  const others = simulator.hosts.length - shown.length;
  output.say(
    `hosts      ${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''} (simulated, ${speed} x real time, faults: ${faults})`,
  );
  output.say(`plan       ${printable(plan)}`);
  const code = await runPlan(context, plan, {
    adopt: false,
    yes: true,
    name,
    resumeWith: `${playAgain}   and, in another terminal:   ${command('run', plan)}`,
  });
  if (code === ExitCode.Interrupted) return code;
  const report = await writeEvidence(context, name);
  if (report === null) return code;
  const { run } = report;
  output.say();
  for (const line of hiccups(report)) output.say(line);
  output.say(`report     ${printable(reportFile(context.parts.env, run, 'html'))}`);
  output.say('try next');
  for (const [line, meaning] of [
    [command('status'), 'how the run ended, and who would need you'],
    [command('history', 'latest', '--vm', report.members[0]?.vm ?? 'VM'), 'everything that happened to one VM'],
    [command('demo', '--vms', '200', '--hosts', '8', '--faults', 'harsh'), 'more of everything, and some VMs nobody can help'],
    [command('plan', 'show', printable(plan)), 'the plan it ran'],
  ] as const) {
    output.say(`  ${line}`);
    output.say(`    ${output.sideColors.dim(meaning)}`);
  }
  return code;
}

/** A whole disaster in about half a minute: VMs of 110 GB on average, three at a time on a host, 200 MB a second each. */
function speedFor({ vms, hosts }: DemoOptions): number {
  const simulatedSeconds = Math.ceil(vms / hosts / 3) * 550;
  return Math.min(600, Math.max(20, Math.round(simulatedSeconds / 12)));
}

/** Consecutive ports, so that `simulate --port` can play the same hosts again. */
async function startHosts(
  { parts }: CliContext,
  { vms, hosts, seed, faults, strategy }: DemoOptions,
  speed: number,
): Promise<{ readonly simulator: SimulatorHandle; readonly port: number }> {
  for (let tries = 0; ; tries++) {
    const port = 20_000 + randomInt(12_000);
    try {
      const simulator = await parts.startSimulator({
        hosts,
        vms,
        seed,
        speed,
        faults,
        strategy,
        stages: strategy === 'provider' ? [] : STAGES,
        basePort: port,
        bindAddress: '127.0.0.1',
        tls: false,
      });
      return { simulator, port };
    } catch (error) {
      const taken = error instanceof FailbackError && error.code === 'usage.invalid';
      if (!taken || tries >= 20) throw error;
    }
  }
}

/** Demos that were interrupted: their hosts are gone for good, so no worker should look for them. One that somebody serves is left alone. */
function setAsideOldDemos(context: CliContext): Promise<void> {
  return withRedis(context, async ({ redis, runtime, views, presence }) => {
    for (const run of await redis.smembers(runtime.keys.activeRuns())) {
      if (!run.startsWith(PREFIX)) continue;
      const { record } = await views.run(run);
      const simulated = record.hosts.every(({ address }) => new URL(address).hostname === '127.0.0.1');
      const forsaken = (await presence.serving(run)).length === 0;
      if (record.plan.startsWith(PREFIX) && simulated && forsaken) {
        await releaseRun(runtime, run);
        await redis.srem(runtime.keys.activeRuns(), run);
      }
    }
  });
}

function writeEvidence(context: CliContext, run: RunId): Promise<RunReport | null> {
  const { parts } = context;
  return withRedis(context, async ({ views }) => {
    if (!(await views.list()).includes(run)) return null;
    const report = await collectReport({ source: views, now: parts.now(), operator: parts.operator }, run);
    await writeWhole(reportFile(parts.env, run, 'html'), renderReport(report, 'html'));
    return report;
  });
}

/** What went wrong on purpose, counted from the evidence. */
function hiccups({ members }: RunReport): readonly string[] {
  const kinds = new Map<string, number>();
  for (const { failures } of members) for (const { code } of failures) kinds.set(code, (kinds.get(code) ?? 0) + 1);
  if (kinds.size === 0) return [];
  const words = [...kinds].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${count} x ${code}`);
  const survived = members.every(({ outcome }) => outcome === 'completed');
  return [`${survived ? 'survived' : 'met     '}   ${words.join(', ')} (simulated faults, told by the hosts or found by looking)`];
}
