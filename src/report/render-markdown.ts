import { durationWords } from './duration-words.ts';
import { printable } from './printable.ts';
import type { MemberReport, RunReport } from './run-report.ts';
import { SIGHTING_HEADINGS, sightingWords } from './sighting-words.ts';
import { stateWords } from './state-words.ts';
import { countWords, NOT_HOME, statusWords } from './status-words.ts';

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
  } = report;
  const others = countWords(counts, NOT_HOME);
  return [
    `# Failback run ${escapeMarkdown(run)}`,
    '',
    `**${counts.completed} of ${total} VMs home**${others.length > 0 ? `: ${others.join(', ')}` : ''}`,
    '',
    ...table(
      ['', ''],
      [
        ['Plan', escapeMarkdown(plan) + (adopt ? ' (adopted)' : '')],
        ['State', state],
        ['Started', `${startedAt} by ${escapeMarkdown(startedBy)}`],
        ['Ended', endedAt ?? 'not yet'],
        ['Duration', durationWords(durationMs)],
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
    ...table(
      ['VM', 'Host', 'Outcome', 'Duration', 'Calls', 'Why'],
      members.map(({ vm, host, outcome, durationMs: took, calls: made, why }) => [
        escapeMarkdown(vm),
        escapeMarkdown(host),
        statusWords(outcome),
        took === null ? '-' : durationWords(took),
        String(made.length),
        escapeMarkdown(why ?? ''),
      ]),
    ),
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

function memberSection({ vm, vmId, host, outcome, why, failure, calls, sightings, failures, timeline }: MemberReport): readonly string[] {
  return [
    '',
    `## ${escapeMarkdown(vm)} on ${escapeMarkdown(host)}`,
    '',
    `Id ${vmId}`,
    ...(why === null
      ? []
      : [
          '',
          `**${statusWords(outcome)}**: ${escapeMarkdown(why)}${failure?.remedy ? ` **Remedy:** ${escapeMarkdown(failure.remedy)}` : ''}`,
        ]),
    ...part(
      'Calls',
      ['Time', 'Step', 'Attempt', 'Answer'],
      calls.map(({ at, step, attempt, words }) => [at, step, String(attempt), escapeMarkdown(words)]),
    ),
    ...part(
      'Seen on the host',
      ['Time', ...SIGHTING_HEADINGS],
      sightings.map((sighting) => [sighting.at, ...sightingWords(sighting)]),
    ),
    ...part(
      'Failures',
      ['Time', 'Code', 'What', 'Remedy'],
      failures.map(({ at, code, message, remedy }) => [at, code, escapeMarkdown(message), escapeMarkdown(remedy ?? '')]),
    ),
    ...part(
      'Timeline',
      ['Time', 'To', 'Why'],
      timeline.map(({ at, to, words }) => [at, stateWords(to), escapeMarkdown(words)]),
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
