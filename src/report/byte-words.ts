const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** "512 B", "1.5 GB", "340 MB": thousands, as disks are sold, three digits at most. Negative numbers read as 0. */
export function byteWords(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (Math.round(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
