type Part = { readonly kind: 'any-run' } | { readonly kind: 'one'; readonly accepts: (character: string) => boolean };

/**
 * Compiles a LIKE pattern: `%` any run, `_` any one character, `[abc]`, `[a-z]`, `[^a-z]` one character of a set; letters
 * match without regard to case. Time is bounded by the product of the lengths of pattern and text.
 */
export function compileLike(pattern: string): (text: string) => boolean {
  const parts = parsePattern([...pattern.toLowerCase()]);
  return (text) => matches(parts, [...text.toLowerCase()]);
}

function parsePattern(characters: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const close = character === '[' ? characters.indexOf(']', index + 2) : -1;
    if (character === '%') parts.push({ kind: 'any-run' });
    else if (character === '_') parts.push({ kind: 'one', accepts: () => true });
    else if (close > 0) {
      parts.push({ kind: 'one', accepts: compileSet(characters.slice(index + 1, close)) });
      index = close;
    } else parts.push({ kind: 'one', accepts: (candidate) => candidate === character });
  }
  return parts;
}

function compileSet(members: readonly string[]): (character: string) => boolean {
  const negated = members[0] === '^' && members.length > 1;
  const listed = negated ? members.slice(1) : members;
  const ranges: [string, string][] = [];
  for (let index = 0; index < listed.length; index += 1) {
    const low = listed[index] ?? '';
    const isRange = listed[index + 1] === '-' && index + 2 < listed.length;
    ranges.push([low, isRange ? (listed[index + 2] ?? low) : low]);
    if (isRange) index += 2;
  }
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated;
}

function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let retryPart = -1;
  let retryAt = 0;
  while (at < text.length) {
    const current = parts[part];
    if (current?.kind === 'any-run') {
      part += 1;
      retryPart = part;
      retryAt = at;
    } else if (current?.kind === 'one' && current.accepts(text[at] ?? '')) {
      part += 1;
      at += 1;
    } else if (retryPart >= 0) {
      retryAt += 1;
      part = retryPart;
      at = retryAt;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest.kind === 'any-run');
}
