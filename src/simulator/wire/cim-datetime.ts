const INSTANT = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{6})([+-])(\d{3})$/;
const INTERVAL = /^(\d{8})(\d\d)(\d\d)(\d\d)\.(\d{6}):000$/;
const ISO_INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)?$/;
const MS_PER_MINUTE = 60_000;

/** CIM text `yyyymmddHHMMSS.mmmmmm±UUU` as microseconds since the epoch; null for anything else. */
export function cimInstant(text: string): bigint | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, micros, plusOrMinus, offset] = match;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const utc = local - Number(`${plusOrMinus}${offset}`) * MS_PER_MINUTE;
  return BigInt(utc) * 1000n + BigInt(micros ?? 0);
}

/**
 * A datetime the way Windows writes it: name of the element (`Datetime` or `Interval`, in the CIM namespace) and its ISO 8601
 * text; null for what is neither. `Datetime` is known from recordings of Windows, `Interval` from the protocol's schema only.
 */
export function toWireDatetime(text: string): { element: 'Datetime' | 'Interval'; text: string } | null {
  const interval = INTERVAL.exec(text);
  if (interval !== null) {
    const [, days, hours, minutes, seconds, micros] = interval;
    const time = `${Number(hours)}H${Number(minutes)}M${Number(seconds)}${fraction(micros ?? '')}S`;
    return { element: 'Interval', text: `P${Number(days)}DT${time}` };
  }
  const instant = cimInstant(text);
  if (instant === null) return null;
  const ms = Number(instant / 1000n);
  const micros = String(((instant % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0');
  return { element: 'Datetime', text: `${new Date(ms).toISOString().slice(0, 19)}${fraction(micros)}Z` };
}

/** The CIM text of what a client sent: CIM text itself or ISO 8601 (taken as UTC when it names no zone); null for anything else. */
export function fromWireDatetime(text: string): string | null {
  if (INSTANT.test(text) || INTERVAL.test(text)) return text;
  const match = ISO_INSTANT.exec(text);
  if (match === null) return null;
  const [, seconds, fractional = '.', zone = 'Z'] = match;
  const date = new Date(`${seconds}${zone}`);
  if (Number.isNaN(date.getTime())) return null;
  return `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}.${fractional.slice(1).padEnd(6, '0')}+000`;
}

function fraction(micros: string): string {
  const digits = micros.replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}
