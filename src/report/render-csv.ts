import type { MemberReport, RunReport } from './run-report.ts';
import { scorecardWords } from './scorecard.ts';

const COLUMNS: readonly (readonly [string, (member: MemberReport) => string | number | null])[] = [
  ['vm', ({ vm }) => vm],
  ['vmId', ({ vmId }) => vmId],
  ['host', ({ host }) => host],
  ['outcome', ({ outcome }) => outcome],
  ['startedAt', ({ startedAt }) => startedAt],
  ['endedAt', ({ endedAt }) => endedAt],
  ['durationMs', ({ durationMs }) => durationMs],
  ['calls', ({ calls }) => calls.length],
  ['initiateFailbackReturnValues', ({ calls }) => values(calls.filter(({ step }) => step === 'failback'))],
  ['replicationStates', ({ sightings }) => [...new Set(sightings.map(({ replicationState }) => replicationState ?? '-'))].join(' ')],
  ['failure', ({ failure }) => failure?.message ?? null],
  ['why', ({ why }) => why],
  ['strategy', ({ strategy }) => strategy],
  ['partner', ({ partner }) => partner],
  ['skipped', ({ skipped }) => skipped.join(' ')],
  ['stoppedAt', ({ downtime }) => downtime?.stoppedAt ?? null],
  ['upAt', ({ downtime }) => downtime?.upAt ?? null],
  ['downtimeMs', ({ downtime }) => downtime?.ms ?? null],
  ['downBeforeRun', ({ downtime }) => (downtime === null ? null : downtime.beganBefore ? 'yes' : 'no')],
  ['rtoMs', ({ downtime }) => downtime?.rtoMs ?? null],
  ['rto', ({ downtime }) => (downtime === null ? null : downtime.met === null ? '' : downtime.met ? 'met' : 'missed')],
  ['drill', ({ drill }) => drill && scorecardWords(drill)],
];

/** One line a member (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function renderCsv({ members }: RunReport): string {
  const rows = [COLUMNS.map(([name]) => name), ...members.map((member) => COLUMNS.map(([, read]) => cell(read(member))))];
  return rows.map((row) => `${row.join(',')}\r\n`).join('');
}

function values(calls: MemberReport['calls']): string {
  return calls.map(({ returnValue }) => returnValue ?? 'no answer').join(' ');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
