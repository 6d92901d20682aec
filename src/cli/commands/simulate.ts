import { type Command, InvalidArgumentError, Option } from 'commander';
import { resolveSecret } from '../../plan/secret.ts';
import { parseSecretReference } from '../../plan/secret-reference.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { jsonLine } from '../output.ts';
import {
  CBT_LEVELS,
  FAULT_PRESETS,
  type FaultPreset,
  SIMULATED_AUTH,
  SIMULATED_STAGES,
  SIMULATED_STRATEGIES,
  type SimulatedAuth,
  type SimulatedStage,
  type SimulatedStrategy,
} from '../parts.ts';
import { positiveNumber, usageError, wholeNumber } from '../usage.ts';

interface SimulateOptions {
  readonly port: number;
  readonly bind: string;
  readonly hosts: number;
  readonly vms: number;
  readonly seed: number;
  readonly speed: number;
  readonly faults: FaultPreset;
  readonly strategy: SimulatedStrategy;
  readonly stages: readonly SimulatedStage[];
  readonly tls?: boolean;
  readonly scenario?: string;
  readonly ledger?: string;
  readonly username?: string;
  readonly password?: string;
  readonly auth?: readonly SimulatedAuth[];
  readonly keytab?: string;
  readonly basicOverHttp: boolean;
  readonly allowUnencrypted: boolean;
  readonly cbtHardening: (typeof CBT_LEVELS)[number];
}

export function addSimulate(program: Command, start: Start): void {
  program
    .command('simulate')
    .description('simulated Hyper-V hosts that speak WS-Management; prints a JSON line for each, then serves until stopped')
    .option('--port <port>', 'host k listens on this port + k - 1; 0 takes free ports', wholeNumber(0, 65_535), 0)
    .option('--bind <address>', 'address to listen on', '127.0.0.1')
    .option('--hosts <n>', 'number of hosts', wholeNumber(1, 1000), 2)
    .option('--vms <n>', 'number of VMs to bring home', wholeNumber(0, 100_000), 12)
    .option('--seed <n>', 'everything random comes from it', wholeNumber(0, 4_294_967_295), 1)
    .option('--speed <x>', 'simulated seconds a second', positiveNumber, 1)
    .addOption(new Option('--faults <preset>', 'what goes wrong').choices(FAULT_PRESETS).default('none'))
    .addOption(
      new Option('--strategy <strategy>', 'provider: one side; reverse: pairs of hosts, half of them home; mixed: both')
        .choices(SIMULATED_STRATEGIES)
        .default('provider'),
    )
    .addOption(
      new Option('--stages <stages>', `how pairs stand at the start, taken in turn: ${SIMULATED_STAGES.join(', ')}`)
        .argParser((text: string) => readWords(text, SIMULATED_STAGES, 'stage'))
        .default([], 'committed'),
    )
    .option('--scenario <file>', 'scenario file (YAML): hosts, VMs, quirks, faults, events')
    .option('--ledger <file>', 'append every method call to this file')
    .option('--tls', 'HTTPS with certificates of an authority of its own, one for clients among them')
    .option('--username <name>', 'account of every host (default: hvadmin)')
    .option('--password <reference>', 'password of every host, as env:NAME or file:PATH (default: made from the seed)')
    .addOption(
      new Option(
        '--auth <schemes>',
        `ways to log on: ${SIMULATED_AUTH.join(', ')} (default: negotiate, basic; certificate with --tls)`,
      ).argParser((text: string) => readWords(text, SIMULATED_AUTH, 'scheme')),
    )
    .option('--keytab <file>', 'keys of the hosts’ service principals: adds Kerberos')
    .option('--no-basic-over-http', 'Basic over HTTPS only, as on a real host')
    .option('--allow-unencrypted', 'after other log-ons take plain messages over HTTP, as no real host does by itself', false)
    .addOption(
      new Option('--cbt-hardening <level>', 'Strict: over HTTPS a log-on must be bound to its connection')
        .choices(CBT_LEVELS)
        .default('Relaxed'),
    )
    .action((options: SimulateOptions, command: Command) => start(command, (context) => simulate(context, options)));
}

async function simulate(context: CliContext, options: SimulateOptions): Promise<number> {
  const { output, parts, interrupts } = context;
  if (options.port > 0 && options.port + options.hosts - 1 > 65_535) {
    throw usageError(
      `${options.hosts} hosts from port ${options.port} need ports above 65535`,
      'Choose a lower --port, or 0 for free ports.',
    );
  }
  if (options.stages.length > 0 && options.strategy === 'provider') {
    throw usageError('only pairs of hosts have stages', 'Add --strategy reverse or --strategy mixed.');
  }
  const password = options.password === undefined ? undefined : await givenPassword(options.password, parts.env);
  const simulator = await parts.startSimulator({
    hosts: options.hosts,
    vms: options.vms,
    seed: options.seed,
    speed: options.speed,
    basePort: options.port,
    bindAddress: options.bind,
    tls: options.tls ?? false,
    faults: options.faults,
    strategy: options.strategy,
    stages: options.stages,
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
    ...(options.ledger === undefined ? {} : { ledgerFile: options.ledger }),
    basicOverHttp: options.basicOverHttp,
    allowUnencrypted: options.allowUnencrypted,
    cbtHardeningLevel: options.cbtHardening,
    ...(options.auth === undefined ? {} : { auth: options.auth }),
    ...(options.keytab === undefined ? {} : { keytab: options.keytab }),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(password === undefined ? {} : { password }),
  });
  try {
    for (const { name, ...host } of simulator.hosts) output.write(`${jsonLine({ host: name, ...host })}\n`);
    await interrupts.wait();
    return ExitCode.Done;
  } finally {
    await simulator.close();
  }
}

/** "failed-over,copying" */
function readWords<Word extends string>(text: string, known: readonly Word[], what: string): readonly Word[] {
  return text.split(',').map((part) => {
    const word = known.find((one) => one === part.trim());
    if (word === undefined) throw new InvalidArgumentError(`There is no ${what} ${JSON.stringify(part.trim())}: ${known.join(', ')}.`);
    return word;
  });
}

async function givenPassword(reference: string, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  if (parseSecretReference(reference) === null)
    throw usageError('--password takes a reference, not a password', 'Write env:NAME or file:PATH.');
  return resolveSecret(reference, { environment });
}
