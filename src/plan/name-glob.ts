import { Minimatch } from 'minimatch';

/** Longest glob, in characters. */
export const MAX_GLOB_LENGTH = 200;
/** More `*` in one alternative would let an unlucky name keep the matcher busy for minutes. */
const MAX_STARS = 4;
/** More alternatives than this from `{a,b}` and `{1..9}` are refused. */
const MAX_ALTERNATIVES = 100;
/** Stands for `/`, which is an ordinary character in a machine's name; a noncharacter, so it is in no name. */
const SLASH = '\uFDD0';

/**
 * Compiles a glob over names of virtual machines: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `{1..9}`; a backslash takes the
 * next character as it is; everything else (parentheses, `!`, `#`, `/`, a leading dot) is an ordinary character.
 * Compares without regard to case. A name that equals the glob letter by letter always matches.
 * @throws RangeError when the glob is too long or too costly, with a sentence for the plan's author
 */
export function compileGlob(glob: string): (name: string) => boolean {
  if (glob.length > MAX_GLOB_LENGTH) throw new RangeError(`a glob has at most ${MAX_GLOB_LENGTH} characters`);
  if (glob.split('*').length - 1 > MAX_STARS) throw new RangeError(`a glob has at most ${MAX_STARS} stars`);
  const matcher = new Minimatch(glob.replaceAll('/', SLASH), {
    dot: true,
    nocase: true,
    nocomment: true,
    noext: true,
    noglobstar: true,
    nonegate: true,
    platform: 'linux',
    braceExpandMax: MAX_ALTERNATIVES + 1,
  });
  if (matcher.globSet.length > MAX_ALTERNATIVES) throw new RangeError(`a glob has at most ${MAX_ALTERNATIVES} alternatives`);
  const literal = glob.toLowerCase();
  return (name) => name.toLowerCase() === literal || matcher.match(name.replaceAll('/', SLASH));
}
