import { reasonFor } from './equivalent.ts';
import { readTally } from './tally.ts';

/** Prints what was noticed and what was not; a survivor nobody has explained fails the run. */
export class MutationReporter {
  onTestModuleEnd({ moduleId }: { readonly moduleId: string }): void {
    const { of, killedBy } = readTally();
    console.log(`${moduleId.split('/').at(-1)}: ${(of?.length ?? 0) - Object.keys(killedBy).length} mutants left`);
  }

  onTestRunEnd(modules: readonly { ok(): boolean; readonly moduleId: string }[], errors: readonly { message: string }[]): void {
    for (const { message } of errors) console.log(message);
    const failed = modules.filter((module) => !module.ok());
    for (const { moduleId } of failed) console.log(`fails without any mutant: ${moduleId}`);
    const { of = [], killedBy } = readTally();
    const survivors = of.filter((name) => !(name in killedBy));
    const open = survivors.filter((name) => reasonFor(name) === null);
    for (const name of survivors.filter((one) => !open.includes(one))) console.log(`explained  ${name}: ${reasonFor(name)}`);
    for (const name of open) console.log(`SURVIVED  ${name}`);
    const killed = of.length - survivors.length;
    const score = ((100 * killed) / of.length).toFixed(1);
    console.log(
      `${of.length} mutants: ${killed} killed (${score} %), ${survivors.length - open.length} explained, ${open.length} survived`,
    );
    if (open.length + failed.length + errors.length > 0) process.exitCode = 1;
  }
}
