const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** "850 ms", "12.3 s", "4m 05s", "2h 10m", "3d 4h". Negative times read as 0. */
export function durationWords(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const at = UNITS.findIndex(([, size]) => ms >= size);
  const [big, size] = UNITS[at] ?? UNITS[2];
  const [small, part] = UNITS[at + 1] ?? UNITS[3];
  const whole = Math.floor(ms / size);
  return `${whole}${big} ${String(Math.floor((ms - whole * size) / part)).padStart(2, '0')}${small}`;
}
