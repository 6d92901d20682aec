import type { Command } from 'commander';
import type { Start } from '../context.ts';
import { usageError } from '../usage.ts';

const LATER: Readonly<Record<string, string>> = {
  skip: 'Use "failback cancel RUN --vm VM" for a member that should stay where it is.',
  serve: 'Use "failback status --json" and "failback watch RUN --json".',
};

/** Commands that are promised and not there yet: refused, never ignored. */
export function addLater(program: Command, start: Start): void {
  for (const [name, remedy] of Object.entries(LATER)) {
    program
      .command(name, { hidden: true })
      .argument('[arguments...]')
      .allowUnknownOption()
      .action((_arguments: unknown, _options: unknown, command: Command) =>
        start(command, async () => {
          throw usageError(`failback ${name} comes with a later version`, remedy);
        }),
      );
  }
}
