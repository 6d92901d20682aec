import type { MemberStatus } from '../domain/member.ts';
import { durationWords } from './duration-words.ts';
import { escapeHtml } from './escape-html.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { MemberReport, RunReport, TimelineEntry } from './run-report.ts';
import { SIGHTING_HEADINGS, sightingWords } from './sighting-words.ts';
import { stateWords } from './state-words.ts';
import { countWords, NOT_HOME, statusWords } from './status-words.ts';

/** The report as one self-contained page without scripts. Everything from outside is escaped. */
export function renderHtml(report: RunReport): string {
  const { run, members, timeline } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Failback run ${escapeHtml(run)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<header>
<h1>Failback run ${escapeHtml(run)}</h1>
${banner(report)}
${facts(report)}
</header>
<main>
<section aria-labelledby="members"><h2 id="members">Virtual machines</h2>
${memberTable(report)}
</section>
<section aria-labelledby="whole"><h2 id="whole">The run as a whole</h2>
${timelineTable('What happened to the run', timeline)}
</section>
<section aria-labelledby="evidence"><h2 id="evidence">Evidence for each virtual machine</h2>
${members.map(memberEvidence).join('\n')}
</section>
</main>
<footer class="soft"><p>Made ${escapeHtml(report.generatedAt)} by ${escapeHtml(report.generatedBy)}. All times are UTC, from the clocks of the machines that ran failback.</p></footer>
</body>
</html>
`;
}

type Tone = 'good' | 'bad' | 'warn';

function toneOf(status: MemberStatus): Tone {
  if (status === 'completed') return 'good';
  return status === 'failed' || status === 'quarantined' ? 'bad' : 'warn';
}

function banner({ total, counts, endedAt }: RunReport): string {
  const others = countWords(counts, NOT_HOME);
  const tone: Tone = counts.completed === total ? 'good' : counts.failed + counts.quarantined > 0 ? 'bad' : 'warn';
  const rest = others.length > 0 ? `: ${others.join(', ')}` : '';
  return `<p class="banner ${tone}"><strong>${counts.completed} of ${total} virtual machines are home</strong>${rest}${endedAt === null ? ' (the run has not ended)' : ''}</p>`;
}

function facts({ plan, adopt, state, startedAt, startedBy, endedAt, durationMs, calls, hosts }: RunReport): string {
  const made = Object.entries(calls).map(([effect, count]) => `${effect} ${count}`);
  const rows: readonly (readonly [string, string])[] = [
    ['Plan', `${plan}${adopt ? ' (adopted: rebuilt from what the hosts said)' : ''}`],
    ['State', state],
    ['Started', `${startedAt} by ${startedBy}`],
    ['Ended', endedAt ?? 'not yet'],
    ['Duration', durationWords(durationMs)],
    ['Calls that reached hosts', made.join(', ') || 'none'],
    ['Hosts', hosts.map(({ name, address }) => `${name} (${address})`).join(', ')],
  ];
  return `<dl>${rows.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>`;
}

function memberTable({ members, startedAt, durationMs }: RunReport): string {
  const rows = members.map(
    (
      member,
      n,
    ) => `<tr><td class="name"><a href="#vm-${n}">${escapeHtml(member.vm)}</a></td><td class="name">${escapeHtml(member.host)}</td>
<td class="${toneOf(member.outcome)}">${statusWords(member.outcome)}</td>${whyCell(member)}<td class="number">${member.durationMs === null ? '–' : durationWords(member.durationMs)}</td>
<td class="number">${member.calls.length}</td><td>${statesSeen(member)}</td><td>${track(member, startedAt, durationMs)}</td></tr>`,
  );
  return `<div class="scroll"><table><caption>Outcome of each virtual machine</caption><thead><tr>${[
    'VM',
    'Host',
    'Outcome',
    'Why',
    'Duration',
    'Calls',
    'Replication states seen',
    'When',
  ]
    .map((heading) => `<th scope="col">${heading}</th>`)
    .join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function whyCell({ why }: MemberReport): string {
  return why === null ? '<td></td>' : `<td class="why">${escapeHtml(why)}</td>`;
}

/** "6 → 13 → 14". */
function statesSeen({ sightings }: MemberReport): string {
  const states = sightings.map(({ replicationState }) => replicationState ?? '–');
  return states.filter((state, n) => state !== states[n - 1]).join(' → ');
}

/** Where in the run the member was at work. */
function track({ startedAt, endedAt, outcome }: MemberReport, runStartedAt: string, durationMs: number): string {
  if (startedAt === null || durationMs === 0) return '';
  const share = (time: number) => Math.min(100, Math.max(0, ((time - Date.parse(runStartedAt)) / durationMs) * 100));
  const from = share(Date.parse(startedAt));
  const to = endedAt === null ? 100 : share(Date.parse(endedAt));
  return `<span class="track" aria-hidden="true"><i class="${toneOf(outcome)}" style="left:${from.toFixed(1)}%;width:${Math.max(0, to - from).toFixed(1)}%"></i></span>`;
}

function memberEvidence(member: MemberReport, n: number): string {
  const { vm, vmId, host, outcome, why, failure, calls, sightings, failures, timeline } = member;
  const remedy = failure?.remedy ? ` <strong>Remedy:</strong> ${escapeHtml(failure.remedy)}` : '';
  const reason = why === null ? '' : `<p class="${toneOf(outcome)}">${escapeHtml(why)}.${remedy}</p>`;
  return `<details open id="vm-${n}"><summary>${escapeHtml(vm)} on ${escapeHtml(host)}: <span class="${toneOf(outcome)}">${statusWords(outcome)}</span></summary>
<p class="soft">${escapeHtml(vmId)}, ${escapeHtml(stateWords(member.state))}</p>${reason}
${table(
  'Calls to the host',
  ['Time', 'Step', 'Attempt', 'Answer'],
  calls.map(({ at, step, attempt, words }) => [at, step, String(attempt), words]),
)}
${table(
  'Seen on the host',
  ['Time', ...SIGHTING_HEADINGS],
  sightings.map((sighting) => [sighting.at, ...sightingWords(sighting)]),
)}
${table(
  'Failures and waits',
  ['Time', 'Code', 'What', 'Remedy'],
  failures.map(({ at, code, message, remedy }) => [at, code, message, remedy ?? '']),
)}
${timelineTable('Timeline', timeline)}
</details>`;
}

function timelineTable(caption: string, timeline: readonly TimelineEntry[]): string {
  return table(
    caption,
    ['Time', 'From', 'To', 'Why'],
    timeline.map(({ at, from, to, words }) => [at, stateWords(from), stateWords(to), words]),
  );
}

/** A table whose first column is a time; nothing when there are no rows. */
function table(caption: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const head = headings.map((heading) => `<th scope="col">${escapeHtml(heading)}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${row.map((text, n) => `<td${n === 0 ? ' class="time"' : ''}>${escapeHtml(text)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}
