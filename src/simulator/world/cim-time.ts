/** A CIM date and time in UTC, `yyyymmddHHMMSS.mmmmmm+000`; null stays null. */
export function cimDateTime(ms: number | null): string | null {
  if (ms === null) return null;
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  return `${date.replaceAll('-', '')}${time.slice(0, 8).replaceAll(':', '')}.${time.slice(9, 12)}000+000`;
}

/** A CIM interval, `ddddddddHHMMSS.mmmmmm:000`. */
export function cimInterval(ms: number): string {
  const whole = Math.max(0, Math.floor(ms));
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = Math.floor(whole / 1000);
  const clock = `${two(Math.floor(seconds / 3600) % 24)}${two(Math.floor(seconds / 60) % 60)}${two(seconds % 60)}`;
  return `${String(Math.floor(seconds / 86_400)).padStart(8, '0')}${clock}.${String(whole % 1000).padStart(3, '0')}000:000`;
}

/** Milliseconds since the epoch of a CIM date and time or an ISO 8601 text; null when it is neither. */
export function parseCimDateTime(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})\d{3}([+-]\d{3})$/.exec(text);
  if (match) {
    const [year, month, day, hour, minute, second, milli, offset] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return Date.UTC(year, month - 1, day, hour, minute - offset, second, milli);
  }
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}
