const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** What {@link parseDuration} takes, as a regular expression for editors. */
export const DURATION_PATTERN = '^(?=\\d)(\\d+d)?(\\d+h)?(\\d+m(?!s))?(\\d+s)?(\\d+ms)?$';

/**
 * `500ms`, `30s`, `10m`, `1h30m`, `2d` → milliseconds. Units descend and appear at most once; whole numbers only.
 * @returns null for anything else
 */
export function parseDuration(text: string): number | null {
  const parts = new RegExp(DURATION_PATTERN).exec(text);
  if (!parts) return null;
  const [, d, h, m, s, ms] = parts;
  const amount = (part: string | undefined) => Number.parseInt(part ?? '0', 10);
  return amount(d) * UNIT_MS.d + amount(h) * UNIT_MS.h + amount(m) * UNIT_MS.m + amount(s) * UNIT_MS.s + amount(ms);
}

/** Milliseconds → the shortest text {@link parseDuration} reads back as the same number: 5,400,000 → `1h30m`, 0 → `0s`. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
