const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** A whole number and a unit, such as 64MiB; 0 needs none. For the JSON schema, too. */
export const BYTE_SIZE_PATTERN = '^(0|[0-9]{1,12}(B|KiB|MiB|GiB|TiB))$';

/** "64MiB" → 67108864; null for anything else. */
export function parseByteSize(text: string): number | null {
  const [, digits, unit] = /^([0-9]{1,12})(B|KiB|MiB|GiB|TiB)$/.exec(text === '0' ? '0B' : text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const bytes = Number(digits) * (UNITS[unit] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** 67108864 → "64MiB": the largest unit that needs no fraction. */
export function formatByteSize(bytes: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, factor]) => bytes >= factor && bytes % factor === 0) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}
