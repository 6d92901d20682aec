/** An XML document that is mutated. */
export interface Sample {
  readonly text: string;
  readonly elements: readonly Span[];
}

/** Where an element stands in its document. */
export interface Span {
  readonly start: number;
  /** Behind its start tag. */
  readonly inside: number;
  /** At its end tag; the same as `inside` where it has none. */
  readonly outside: number;
  readonly end: number;
}

/** Finds the elements of a well-formed document. */
export function sampleOf(text: string): Sample {
  const elements: Span[] = [];
  const open: { readonly start: number; readonly inside: number }[] = [];
  for (const { index, 0: tag } of text.matchAll(/<[^?!][^>]*>/g)) {
    const end = index + tag.length;
    if (tag.startsWith('</')) {
      const opened = open.pop();
      if (opened !== undefined) elements.push({ ...opened, outside: index, end });
    } else if (tag.endsWith('/>')) elements.push({ start: index, inside: end, outside: end, end });
    else open.push({ start: index, inside: end });
  }
  return { text, elements };
}
