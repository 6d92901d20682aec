import type { GlobalOptions } from './context.ts';
import { quoteArgument } from './quote-argument.ts';

/** A command of this program as one line that can be pasted where the person is. */
export type CommandHint = (...words: readonly string[]) => string;

/**
 * Makes commands that mean the same Redis as the present one, for a person who may have the program only as `npx failback`. A password
 * in the address of Redis is left out.
 */
export function commandHint(env: Readonly<Record<string, string | undefined>>, { redis }: Pick<GlobalOptions, 'redis'>): CommandHint {
  // npm sets it for its scripts and for npx: then the program need not be on the PATH.
  const program = env.npm_command === undefined ? 'failback' : 'npx failback';
  const place = redis === undefined ? [] : ['--redis', redis.replace(/\/\/.*@/, '//***@')];
  return (...words) => [program, ...[...words, ...place].map(quoteArgument)].join(' ');
}
