import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { dataDirectory } from '../../redis/locate-redis.ts';
import { collectReport } from '../../report/collect-report.ts';
import { printable } from '../../report/printable.ts';
import { REPORT_FORMATS, type ReportFormat, renderReport } from '../../report/write-report.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { RUN_OR_ARCHIVE, withRunSource } from '../run-source.ts';
import { usageError } from '../usage.ts';
import { writeWhole } from '../write-whole.ts';

interface ReportOptions {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly archive?: string;
}

export function addReport(program: Command, start: Start): void {
  program
    .command('report')
    .description('evidence of a run: outcome, calls, return values, states seen and timeline of every VM')
    .argument('[run]', RUN_OR_ARCHIVE.run)
    .option('--archive <file>', RUN_OR_ARCHIVE.archive)
    .addOption(new Option('--format <format>', 'what to write').choices(REPORT_FORMATS).default('html'))
    .option('--out <file>', 'where to (default: reports/<run>.<format> in FAILBACK_DATA); "-" is stdout')
    .action((run: string | undefined, options: ReportOptions, command: Command) =>
      start(command, (context) => report(context, run, options)),
    );
}

async function report(context: CliContext, wanted: string | undefined, { format, out, archive }: ReportOptions): Promise<number> {
  const { output, parts } = context;
  if (output.json && out === '-' && format !== 'json')
    throw usageError(`--json can not show a report as ${format}`, 'Use --format json, or write to a file.');
  return withRunSource(context, { run: wanted, archive }, async (source, run) => {
    const collected = await collectReport({ source, now: parts.now(), operator: parts.operator }, run);
    if (out === '-') {
      if (output.json) output.emit(collected);
      else output.write(renderReport(collected, format));
      return ExitCode.Done;
    }
    const file = out ?? reportFile(parts.env, run, format);
    await writeWhole(file, renderReport(collected, format));
    output.emit({ type: 'report', run, format, file });
    output.print(`wrote ${printable(file)}`);
    return ExitCode.Done;
  });
}

/** Where the report of a run goes by default. */
export function reportFile(env: Readonly<Record<string, string | undefined>>, run: string, format: ReportFormat): string {
  return join(dataDirectory(env), 'reports', `${run}.${format}`);
}
