import { Command, CommanderError } from 'commander';
import { FailbackError, toFailure } from '../domain/failure.ts';
import { COMMANDS } from './commands/index.ts';
import { createContext, type GlobalOptions, type Start } from './context.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { Interrupts } from './interrupts.ts';
import type { CliIo } from './io.ts';
import { jsonLine, Output } from './output.ts';
import type { CliParts } from './parts.ts';

const EXAMPLES = `
Examples:
  failback demo                      the whole system against simulated hosts
  failback plan lint plan.yaml       check a plan without touching a host
  failback preflight plan.yaml       can every VM start? which one not, and why
  failback run plan.yaml             bring the VMs of a plan home, or resume
  failback status                    what is going on, and who needs you
  failback report latest             evidence of the newest run

Exit codes: 0 done, all at their goal | 2 usage or plan | 3 some failed | 4 waits for a person | 5 pre-flight blocks | 6 Redis or host unreachable
130 interrupted, the run is resumable | 1 internal error`;

/** How long after an interrupt a command that wants to end by itself may take, milliseconds. */
const GRACE_MS = 20_000;

/**
 * Runs one command line.
 * @param argv arguments without the names of the runtime and of the script
 * @returns the exit code; never throws
 */
export async function runCli(argv: readonly string[], io: CliIo, parts: CliParts): Promise<number> {
  let code: number = ExitCode.Done;
  let options: GlobalOptions = guessOptions(argv);
  const start: Start = async (command, work) => {
    options = command.optsWithGlobals();
    code = await work(createContext(io, parts, options, interrupts));
  };
  const interrupts = new Interrupts();
  let stopListening: () => void = () => undefined;
  const interrupted = new Promise<number>((resolve) => {
    stopListening = io.onInterrupt(() => {
      const graceMs = interrupts.happen() ? GRACE_MS : 0;
      setTimeout(resolve, graceMs, ExitCode.Interrupted).unref();
    });
  });
  const finished = buildProgram(start, io, parts)
    .parseAsync([...argv], { from: 'user' })
    .then(() => code);
  try {
    return await Promise.race([finished, interrupted]);
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error, options, io);
    return explain(error, options, io, parts);
  } finally {
    stopListening();
  }
}

function buildProgram(start: Start, io: CliIo, parts: CliParts): Command {
  const program = new Command('failback')
    .description('Brings Hyper-V Replica virtual machines home after a disaster.')
    .version(parts.version, '-V, --version')
    .option('--json', 'machine-readable: one JSON object a line, nothing else on stdout')
    .option('--redis <url>', 'Redis to use (default: FAILBACK_REDIS_URL, else a local one in FAILBACK_DATA)')
    .option('--no-color', 'no colours and no live progress')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .exitOverride();
  for (const add of COMMANDS) add(program, start);
  return program;
}

/** Global options as far as they can be seen before the command line is understood. */
function guessOptions(argv: readonly string[]): GlobalOptions {
  return { json: argv.includes('--json'), color: !argv.includes('--no-color') };
}

/** Commander has said what is wrong already. */
function explainUsage(error: CommanderError, { json }: GlobalOptions, io: CliIo): number {
  if (error.exitCode === 0) return ExitCode.Done;
  if (json) {
    const message = error.message.replace(/^error: /, '');
    io.stdout.write(`${jsonLine({ type: 'error', code: 'usage.invalid', message, remedy: 'See --help.', exitCode: ExitCode.Usage })}\n`);
  } else if (error.code !== 'commander.help') {
    io.stderr.write('  remedy: see "failback --help"\n');
  }
  return ExitCode.Usage;
}

function explain(error: unknown, options: GlobalOptions, io: CliIo, parts: CliParts): number {
  const output = new Output(io, { json: options.json ?? false, color: options.color ?? true, env: parts.env });
  const { code, message, remedy } = toFailure(error);
  const exitCode = exitCodeOf(error);
  const known = error instanceof FailbackError;
  const help = known ? remedy : 'This is a defect of failback. Run it again with FAILBACK_LOG=debug and report what it prints.';
  output.emit({ type: 'error', code, message, remedy: help ?? null, exitCode });
  output.error(message, help);
  if (!known && error instanceof Error && (parts.env.FAILBACK_LOG === 'debug' || parts.env.FAILBACK_LOG === 'trace')) {
    output.say(error.stack ?? '');
  }
  return exitCode;
}
