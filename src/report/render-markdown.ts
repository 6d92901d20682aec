import { downtimeWords, objectiveWords, totalsWords } from './downtime.ts';
import { durationWords } from './duration-words.ts';
import { hostsWords, placeWords } from './place.ts';
import { printable } from './printable.ts';
import type { MemberReport, RunReport } from './run-report.ts';
import { scorecardWords } from './scorecard.ts';
import { SIGHTING_HEADINGS, sightingWords } from './sighting-words.ts';
import { stateWords } from './state-words.ts';
import { countWords, NOT_HOME, statusWords } from './status-words.ts';
import { alreadyDone, skippedWords, strategyWords, titleOf } from './step-words.ts';

/** The report as Markdown, for tickets and wikis. Everything from outside is escaped. */
export function renderMarkdown(report: RunReport): string {
  const {
    run,
    plan,
    state,
    adopt,
    startedAt,
    startedBy,
    endedAt,
    durationMs,
    generatedAt,
    generatedBy,
    total,
    counts,
    calls,
    hosts,
    timeline,
    members,
    goal,
    downtime,
    skippedSteps,
  } = report;
  const strategies = strategyWords(report);
  const others = countWords(counts, NOT_HOME);
  return [
    `# Failback run ${escapeMarkdown(run)}`,
    '',
    `**${counts.completed} of ${total} VMs ${goal}**${others.length > 0 ? `: ${others.join(', ')}` : ''}`,
    '',
    ...table(
      ['', ''],
      [
        ['Plan', escapeMarkdown(plan) + (adopt ? ' (adopted)' : '')],
        ['State', state],
        ['Started', `${startedAt} by ${escapeMarkdown(startedBy)}`],
        ['Ended', endedAt ?? 'not yet'],
        ['Duration', durationWords(durationMs)],
        ...(strategies === null ? [] : [['Strategies', strategies]]),
        ...(downtime === null ? [] : [['Downtime', totalsWords(downtime)]]),
        ...(skippedSteps === 0 ? [] : [['Already done', `${skippedSteps} steps, nothing was called for them`]]),
        [
          'Calls',
          escapeMarkdown(
            Object.entries(calls)
              .map(([effect, count]) => `${effect} ${count}`)
              .join(', ') || 'none',
          ),
        ],
        ['Hosts', hosts.map(({ name, address }) => escapeMarkdown(`${name} (${address})`)).join(', ')],
        ['Report made', `${generatedAt} by ${escapeMarkdown(generatedBy)}`],
      ],
    ),
    '',
    '## Members',
    '',
    ...memberTable(report),
    '',
    '## The run as a whole',
    '',
    ...table(
      ['Time', 'Event'],
      timeline.map(({ at, words }) => [at, escapeMarkdown(words)]),
    ),
    ...members.flatMap(memberSection),
    '',
  ].join('\n');
}

/** Columns that say nothing in this run are left out. */
function memberTable({ members, goal, downtime }: RunReport): readonly string[] {
  const drills = members.some(({ drill }) => drill !== null);
  return table(
    [
      'VM',
      'Host',
      'Outcome',
      'Duration',
      'Calls',
      'Why',
      ...(downtime === null ? [] : ['Downtime', 'Objective']),
      ...(drills ? ['Scorecard'] : []),
    ],
    members.map((member) => [
      escapeMarkdown(member.vm),
      escapeMarkdown(hostsWords(member)),
      statusWords(member.outcome, 1, goal),
      member.durationMs === null ? '-' : durationWords(member.durationMs),
      String(member.calls.length),
      escapeMarkdown(member.why ?? ''),
      ...(downtime === null
        ? []
        : [member.downtime ? downtimeWords(member.downtime) : '-', member.downtime ? objectiveWords(member.downtime) : '']),
      ...(drills ? [member.drill ? scorecardWords(member.drill) : '-'] : []),
    ]),
  );
}

function memberSection(member: MemberReport): readonly string[] {
  const { vm, vmId, strategy, outcome, why, failure, calls, sightings, failures, skipped, pointsOfNoReturn, timeline } = member;
  return [
    '',
    `## ${escapeMarkdown(vm)} ${escapeMarkdown(placeWords(member))}`,
    '',
    `Id ${vmId}, strategy ${strategy}${alreadyDone(skipped).length === 0 ? '' : `; already done: ${escapeMarkdown(skippedWords(skipped))}`}`,
    ...(why === null
      ? []
      : [
          '',
          `**${statusWords(outcome)}**: ${escapeMarkdown(why)}${failure?.remedy ? ` **Remedy:** ${escapeMarkdown(failure.remedy)}` : ''}`,
        ]),
    ...part(
      'Points of no return',
      ['Time', 'What can not be undone any more'],
      pointsOfNoReturn.map(({ at, words }) => [at, escapeMarkdown(words)]),
    ),
    ...part(
      'Calls',
      ['Time', 'Step', 'Attempt', 'Answer'],
      calls.map(({ at, step, attempt, words }) => [at, escapeMarkdown(titleOf(step, member)), String(attempt), escapeMarkdown(words)]),
    ),
    ...part(
      'Seen on the host',
      ['Time', ...SIGHTING_HEADINGS],
      sightings.map((sighting) => [sighting.at, ...sightingWords(sighting).map(escapeMarkdown)]),
    ),
    ...part(
      'Failures',
      ['Time', 'Code', 'What', 'Remedy'],
      failures.map(({ at, code, message, remedy }) => [at, code, escapeMarkdown(message), escapeMarkdown(remedy ?? '')]),
    ),
    ...part(
      'Timeline',
      ['Time', 'To', 'Why'],
      timeline.map(({ at, to, words }) => [at, escapeMarkdown(stateWords(to, member)), escapeMarkdown(words)]),
    ),
  ];
}

function part(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', `### ${title}`, '', ...table(headings, rows)];
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Renderers do not agree on backslashes before angle brackets, so those become entities. */
function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}
