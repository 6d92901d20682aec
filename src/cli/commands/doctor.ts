import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { toFailure } from '../../domain/failure.ts';
import { dataDirectory } from '../../redis/locate-redis.ts';
import { findRedisBinary } from '../../redis/redis-binary.ts';
import { checkRedisSafety } from '../../redis/redis-safety.ts';
import type { WorkerRecord } from '../../runtime/presence.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { type Finding, findingLines } from '../finding.ts';
import { withRedis } from '../redis-session.ts';

interface DoctorFinding extends Finding {
  readonly subject: string;
}

const LEAST_NODE = 20;

export function addDoctor(program: Command, start: Start): void {
  program
    .command('doctor')
    .description('check this machine and Redis: version, persistence, eviction, clocks, workers, paths (exit 6 when something is wrong)')
    .action((_options: unknown, command: Command) => start(command, doctor));
}

async function doctor(context: CliContext): Promise<number> {
  const { output } = context;
  const findings = [checkNode(), checkDirectory(context), checkBinary(context), checkClock(context), ...(await checkRedis(context))];
  for (const finding of findings) {
    output.emit({ type: 'finding', ...finding });
    const message = `${finding.subject}: ${finding.message}`;
    for (const line of findingLines({ ...finding, message }, output.colors)) output.print(line);
  }
  return findings.some(({ severity }) => severity === 'error') ? ExitCode.Unreachable : ExitCode.Done;
}

function checkNode(): DoctorFinding {
  const { node } = process.versions;
  const old = Number(node.split('.')[0]) < LEAST_NODE;
  const finding: DoctorFinding = {
    severity: old ? 'error' : 'ok',
    subject: 'node',
    message: `Node.js ${node} on ${process.platform} ${process.arch}`,
  };
  return old ? { ...finding, remedy: `Install Node.js ${LEAST_NODE} or newer.` } : finding;
}

function checkDirectory({ parts }: CliContext): DoctorFinding {
  const subject = 'data directory';
  const directory = resolve(dataDirectory(parts.env));
  if (!existsSync(directory)) return { severity: 'ok', subject, message: `${directory} is made when it is needed` };
  try {
    accessSync(directory, constants.W_OK);
    return { severity: 'ok', subject, message: directory };
  } catch {
    const remedy = 'Name another one with FAILBACK_DATA, or correct its permissions.';
    return { severity: 'error', subject, message: `${directory} can not be written to`, remedy };
  }
}

function checkBinary(context: CliContext): DoctorFinding {
  const subject = 'redis-server';
  const binary = findRedisBinary();
  if (binary !== undefined) return { severity: 'ok', subject, message: binary };
  const remedy = 'Only a local Redis of our own needs it: run "npm run setup", or use --redis or FAILBACK_REDIS_URL.';
  return {
    severity: usesOwnRedis(context) ? 'error' : 'warning',
    subject,
    message: 'there is no redis-server or valkey-server on this machine',
    remedy,
  };
}

function checkClock({ parts }: CliContext): DoctorFinding {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { severity: 'ok', subject: 'clock', message: `${new Date(parts.now()).toISOString()} (time zone ${timeZone}; all output is UTC)` };
}

/** No other Redis is named. */
function usesOwnRedis({ options, parts }: CliContext): boolean {
  return options.redis === undefined && !parts.env.FAILBACK_REDIS_URL;
}

/** Hosts a worker leaves to others because of what its process lacks. */
function gapFindings({ worker, gaps }: WorkerRecord): readonly DoctorFinding[] {
  return gaps.map(({ run, host, failure: { message, remedy } }) => ({
    severity: 'warning',
    subject: 'workers',
    message: `${worker} can not log on to ${host} (run ${run}): ${message}`,
    ...(remedy === undefined ? {} : { remedy }),
  }));
}

async function checkRedis(context: CliContext): Promise<readonly DoctorFinding[]> {
  if (usesOwnRedis(context) && !existsSync(join(dataDirectory(context.parts.env), 'redis'))) {
    return [{ severity: 'ok', subject: 'Redis', message: 'none is named: a local one starts with the first run' }];
  }
  try {
    return await withRedis(context, async ({ redis, presence, views }, { where }) => {
      const safety = (await checkRedisSafety(redis)).map(({ subject, ...rest }) => ({ subject: `Redis ${subject}`, ...rest }));
      const workers = await presence.alive();
      const runs = await views.list();
      return [
        { severity: 'ok', subject: 'Redis', message: `answers at ${where}, ${runs.length} run${runs.length === 1 ? '' : 's'}` },
        ...safety,
        {
          severity: 'ok',
          subject: 'workers',
          message: workers.length === 0 ? 'none alive' : workers.map(({ worker }) => worker).join(', '),
        },
        ...workers.flatMap(gapFindings),
      ];
    });
  } catch (error) {
    const { message, remedy } = toFailure(error);
    return [{ severity: 'error', subject: 'Redis', message, ...(remedy === undefined ? {} : { remedy }) }];
  }
}
