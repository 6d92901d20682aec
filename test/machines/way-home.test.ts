import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Step } from '../../machines/step.ts';
import { stepsFor } from '../../machines/strategies.ts';
import type { MemberSettings } from '../../src/domain/member.ts';
import { SETTINGS } from './support/facts.ts';

const FILE = new URL('../../docs/way-home.md', import.meta.url);

const settings = (strategy: MemberSettings['strategy']): MemberSettings => ({
  ...SETTINGS,
  strategy,
  probes: [{ kind: 'heartbeat' }],
  reverse: { ...SETTINGS.reverse, hold: 1 },
});

const CANCEL: Readonly<Record<Step['cancel'], string>> = {
  leave: 'at once; what the host is doing goes on there',
  'finish-then-hold': 'the operation comes to its end, nothing is done after it',
  revert: 'the operation comes to its end, then everything since the shutdown is taken back',
  quarantine: 'the copy is interrupted, the VM is quarantined',
};

function table(steps: readonly Step[], cancelOf: (step: Step) => string = ({ cancel }) => CANCEL[cancel]): string {
  const rows = steps.map((step, index) => {
    const call = step.effect === null ? `(${step.label})` : `\`${step.label}\``;
    const cmdlet = step.cmdlet === null ? 'none' : `\`${step.cmdlet}\``;
    return `| ${index + 1} | \`${step.name}\` | ${step.side} | ${step.does} | ${call} | ${cmdlet} | ${step.doneWhen} | ${cancelOf(step)} |`;
  });
  const head = '| # | step | host | what it does | WMI call | cmdlet for the same | done when | a cancel means |';
  return [head, '| --- | --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

const DOCUMENT = `# The way home, step by step

Made from the steps in \`machines/\` by \`test/machines/way-home.test.ts\`, which fails when this file is not up to date and rewrites it with \`npm run docs\`.

Numbers are those of WMI: replication state and mode of \`Msvm_ReplicationRelationship\` and \`Msvm_ComputerSystem\`, not PowerShell's. *home* is the host where the VM shall run in
the end, *away* the other one: in a planned failover *home* is the host at the other site, where the VM goes. Messages, \`history\` and reports name the hosts instead. A step whose condition holds already is skipped, whoever brought it about; the run goes on from wherever the pair stands.

## Between two Hyper-V hosts (strategy \`reverse\`; a planned failover is the same with the sides named for its direction)

${table(stepsFor(settings('reverse'), 'forth'))}

\`probe\` is left out without probes in the plan, \`hold\` without a hold time or when a person is to approve (\`after.reverse: none\`).

### The way back

Taken when a cancel comes between the shutdown and the reversal, or when the VM does not verify and the plan says \`after.reverse: rollback\`. What is not there to be taken back is skipped.

${table(stepsFor(settings('reverse'), 'back'), () => 'nothing while it goes on; where it waits for a person, it is left as it stands')}

## By the provider behind the relationship (strategy \`provider\`)

${table(stepsFor({ ...settings('provider'), after: 'commit+reverse' }, 'forth'))}

Which of the last steps there are is the plan's choice (\`start\`, \`after\`).

## A drill

${table(stepsFor(settings('drill'), 'forth'), () => 'the test replica is removed')}

And always, at the end, also after a failure or a cancel:

${table(stepsFor(settings('drill'), 'back'), () => 'nothing: it comes to its end')}
`;

it('docs/way-home.md shows the steps as they are', async () => {
  if (process.env.UPDATE_DOCS) await writeFile(FILE, DOCUMENT);
  expect(await readFile(FILE, 'utf8')).toBe(DOCUMENT);
});

it('every step says in words what it does and when it is done', () => {
  const all = (['reverse', 'provider', 'drill'] as const).flatMap((strategy) =>
    (['forth', 'back'] as const).flatMap((course) => stepsFor({ ...settings(strategy), after: 'commit+reverse' }, course)),
  );
  for (const { does, doneWhen, label, name } of all)
    for (const words of [does, doneWhen, label]) expect(words.length, name).toBeGreaterThan(5);
});
