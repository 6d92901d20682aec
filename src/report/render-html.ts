import type { MemberStatus } from '../domain/member.ts';
import { downtimeWords, objectiveWords, totalsWords } from './downtime.ts';
import { durationWords } from './duration-words.ts';
import { escapeHtml } from './escape-html.ts';
import { hostsWords, type Place, placeWords } from './place.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { MemberReport, RunReport, TimelineEntry } from './run-report.ts';
import { scorecardWords } from './scorecard.ts';
import { SIGHTING_HEADINGS, sightingWords } from './sighting-words.ts';
import { stateWords } from './state-words.ts';
import { countWords, type Goal, NOT_HOME, statusWords } from './status-words.ts';
import { skippedWords, strategyWords, titleOf } from './step-words.ts';

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
${members.map((member, n) => memberEvidence(member, n, report.goal)).join('\n')}
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

function banner({ total, counts, goal, endedAt }: RunReport): string {
  const others = countWords(counts, NOT_HOME);
  const tone: Tone = counts.completed === total ? 'good' : counts.failed + counts.quarantined > 0 ? 'bad' : 'warn';
  const rest = others.length > 0 ? `: ${others.join(', ')}` : '';
  return `<p class="banner ${tone}"><strong>${counts.completed} of ${total} virtual machines ${goal === 'passed' ? goal : `are ${goal}`}</strong>${rest}${endedAt === null ? ' (the run has not ended)' : ''}</p>`;
}

function facts(report: RunReport): string {
  const { plan, adopt, state, startedAt, startedBy, endedAt, durationMs, calls, hosts, downtime, skippedSteps } = report;
  const made = Object.entries(calls).map(([effect, count]) => `${effect} ${count}`);
  const rows: readonly (readonly [string, string])[] = [
    ['Plan', `${plan}${adopt ? ' (adopted: rebuilt from what the hosts said)' : ''}`],
    ['State', state],
    ['Started', `${startedAt} by ${startedBy}`],
    ['Ended', endedAt ?? 'not yet'],
    ['Duration', durationWords(durationMs)],
    ...(strategyWords(report) === null ? [] : [['Strategies', strategyWords(report) ?? ''] as const]),
    ...(downtime === null ? [] : [['Downtime', totalsWords(downtime)] as const]),
    ...(skippedSteps === 0 ? [] : [['Already done', `${skippedSteps} steps, nothing was called for them`] as const]),
    ['Calls that reached hosts', made.join(', ') || 'none'],
    ['Hosts', hosts.map(({ name, address }) => `${name} (${address})`).join(', ')],
  ];
  return `<dl>${rows.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>`;
}

/** A column of the table of members; `when` says whether the report has anything for it. */
interface Column {
  readonly heading: string;
  when?(report: RunReport): boolean;
  /** The cell as HTML, `<td>` included. */
  cell(member: MemberReport, n: number, report: RunReport): string;
}

const COLUMNS: readonly Column[] = [
  { heading: 'VM', cell: ({ vm }, n) => `<td class="name"><a href="#vm-${n}">${escapeHtml(vm)}</a></td>` },
  { heading: 'Host', cell: (member) => `<td class="name">${escapeHtml(hostsWords(member))}</td>` },
  { heading: 'Strategy', when: (report) => strategyWords(report) !== null, cell: ({ strategy }) => `<td>${strategy}</td>` },
  {
    heading: 'Outcome',
    cell: ({ outcome }, _, { goal }) => `<td class="${toneOf(outcome)}">${statusWords(outcome, 1, goal)}</td>`,
  },
  { heading: 'Why', when: ({ members }) => members.some(({ why }) => why !== null), cell: whyCell },
  {
    heading: 'Scorecard',
    when: ({ members }) => members.some(({ drill }) => drill !== null),
    cell: ({ drill }) => (drill === null ? '<td></td>' : `<td class="why ${drill.passed ? 'good' : 'bad'}">${scorecardWords(drill)}</td>`),
  },
  { heading: 'Downtime', when: ({ downtime }) => downtime !== null, cell: downtimeCell },
  {
    heading: 'Objective',
    when: ({ members }) => members.some(({ downtime }) => downtime !== null && downtime.rtoMs !== null),
    cell: objectiveCell,
  },
  {
    heading: 'Already done',
    when: ({ skippedSteps }) => skippedSteps > 0,
    cell: ({ skipped }) => `<td class="why soft">${escapeHtml(skippedWords(skipped))}</td>`,
  },
  {
    heading: 'Duration',
    cell: ({ durationMs }) => `<td class="number">${durationMs === null ? '–' : durationWords(durationMs)}</td>`,
  },
  { heading: 'Calls', cell: ({ calls }) => `<td class="number">${calls.length}</td>` },
  { heading: 'Replication states seen', cell: (member) => `<td class="name">${statesSeen(member)}</td>` },
  { heading: 'When', cell: (member, _, { startedAt, durationMs }) => `<td>${track(member, startedAt, durationMs)}</td>` },
];

function memberTable(report: RunReport): string {
  const columns = COLUMNS.filter(({ when }) => when?.(report) ?? true);
  const rows = report.members.map((member, n) => `<tr>${columns.map(({ cell }) => cell(member, n, report)).join('')}</tr>`);
  const head = columns.map(({ heading }) => `<th scope="col">${heading}</th>`).join('');
  return `<div class="scroll"><table><caption>Outcome of each virtual machine</caption><thead><tr>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function downtimeCell({ downtime }: MemberReport): string {
  return downtime === null ? '<td>–</td>' : `<td>${escapeHtml(downtimeWords(downtime))}</td>`;
}

function objectiveCell({ downtime }: MemberReport): string {
  if (downtime === null || downtime.rtoMs === null) return '<td>–</td>';
  const tone = downtime.met === null ? 'warn' : downtime.met ? 'good' : 'bad';
  return `<td class="${tone}">${objectiveWords(downtime)}</td>`;
}

function whyCell({ why }: MemberReport): string {
  return why === null ? '<td></td>' : `<td class="why">${escapeHtml(why)}</td>`;
}

/** "6 → 13 → 14", of two hosts one line each. */
function statesSeen({ sightings, host, partner }: MemberReport): string {
  if (partner === null) return statesOf(sightings);
  const lines = [partner, host].map((one) => [one, statesOf(sightings.filter((sighting) => sighting.host === one))] as const);
  return lines.flatMap(([one, states]) => (states === '' ? [] : [`${escapeHtml(one)}: ${states}`])).join('<br>');
}

function statesOf(sightings: MemberReport['sightings']): string {
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

function memberEvidence(member: MemberReport, n: number, goal: Goal): string {
  const { vm, vmId, outcome, why, failure, calls, sightings, failures, pointsOfNoReturn, timeline } = member;
  const remedy = failure?.remedy ? ` <strong>Remedy:</strong> ${escapeHtml(failure.remedy)}` : '';
  const reason = why === null ? '' : `<p class="${toneOf(outcome)}">${escapeHtml(why)}.${remedy}</p>`;
  return `<details open id="vm-${n}"><summary>${escapeHtml(vm)} ${escapeHtml(placeWords(member))}: <span class="${toneOf(outcome)}">${statusWords(outcome, 1, goal)}</span></summary>
<p class="soft">${escapeHtml(vmId)}, strategy ${member.strategy}, ${escapeHtml(stateWords(member.state, member))}</p>${reason}
${member.drill === null ? '' : `<p>${scorecardWords(member.drill)}</p>`}
${table(
  'Points of no return',
  ['Time', 'What can not be undone any more'],
  pointsOfNoReturn.map(({ at, words }) => [at, words]),
)}
${table(
  'Calls to the host',
  ['Time', 'Step', 'Attempt', 'Answer'],
  calls.map(({ at, step, attempt, words }) => [at, titleOf(step, member), String(attempt), words]),
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
${timelineTable('Timeline', timeline, member)}
</details>`;
}

function timelineTable(caption: string, timeline: readonly TimelineEntry[], place?: Place): string {
  return table(
    caption,
    ['Time', 'From', 'To', 'Why'],
    timeline.map(({ at, from, to, words }) => [at, stateWords(from, place), stateWords(to, place), words]),
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
