/**
 * Date and time on the wire come in three spellings: CIM text (`yyyymmddHHMMSS.mmmmmm±UUU`), ISO 8601, and either of them
 * inside `<cim:Datetime>`. Intervals look similar (`ddddddddHHMMSS.mmmmmm:000`, ISO 8601 durations) and are never a moment.
 */
const CIM_MOMENT = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\.(\d{6})([+-])(\d{3})$/;
const ISO_MOMENT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?$/;
const CIM_INTERVAL = /^\d{14}\.\d{6}:000$/;
const ISO_DURATION = /^P(?:(\d{1,8})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})(?:\.(\d{1,6})\d*)?S)?)?$/;

/** Windows writes the zero of its file times where there is no time at all. */
const NO_TIME_YEAR = 1601;

/** A moment as ISO 8601 in UTC with milliseconds; null for intervals, for Windows' "no time" (1601) and for anything unreadable. */
export function toIsoMoment(wire: string): string | null {
  const parts = CIM_MOMENT.exec(wire) ?? ISO_MOMENT.exec(wire);
  if (parts === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '0'] = parts;
  if (Number(year) <= NO_TIME_YEAR) return null;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const moment = Date.parse(local);
  if (Number.isNaN(moment)) return null;
  return new Date(moment - offsetMinutes(parts) * 60_000).toISOString();
}

/**
 * The CIM text of a moment or interval, as CIM-XML and method parameters want it. Text that is neither is returned unchanged:
 * the host gave it, the host may understand it.
 */
export function toCimText(wire: string): string {
  const duration = ISO_DURATION.exec(wire);
  if (duration !== null && wire.length > 1) return cimInterval(duration);
  if (CIM_INTERVAL.test(wire)) return wire;
  const moment = ISO_MOMENT.exec(wire);
  if (moment === null) return wire;
  const [, year, month, day, hour, minute, second, fraction = ''] = moment;
  const offset = offsetMinutes(moment);
  const zone = `${offset < 0 ? '-' : '+'}${String(Math.abs(offset)).padStart(3, '0')}`;
  return `${year}${month}${day}${hour}${minute}${second}.${fraction.padEnd(6, '0').slice(0, 6)}${zone}`;
}

/** A moment of ours as CIM text in UTC, `yyyymmddHHMMSS.mmmmmm+000`: what a method's `datetime` parameter takes. */
export function momentText(moment: Date): string {
  return toCimText(moment.toISOString());
}

function cimInterval([, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '']: RegExpExecArray): string {
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const wholeDays = String(Math.floor(total / 86_400)).padStart(8, '0');
  return `${wholeDays}${two(Math.floor(total / 3600) % 24)}${two(Math.floor(total / 60) % 60)}${two(total % 60)}.${fraction.padEnd(6, '0')}:000`;
}

/** East of UTC is positive. CIM text gives minutes, ISO gives hours and minutes; without a zone the host means UTC. */
function offsetMinutes(parts: RegExpExecArray): number {
  const zone = parts[8];
  if (zone === undefined || zone === 'Z') return 0;
  if (zone.length === 1) return Number(`${zone}${parts[9]}`);
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
}
