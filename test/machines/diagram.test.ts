import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { failbackMachine } from '../../machines/failback.ts';
import { runMachine } from '../../machines/run.ts';
import { compositesOf, insideToMermaid, toMermaid, toTable } from './support/mermaid.ts';

const FILE = new URL('../../docs/state-diagram.md', import.meta.url);

const mermaid = (chart: string) => `\`\`\`mermaid\n${chart}\n\`\`\``;

const DOCUMENT = `# State diagrams

Made from \`machines/failback.ts\` and \`machines/run.ts\` by \`test/machines/diagram.test.ts\`, which fails when this file is not up to date and
rewrites it with \`UPDATE_DOCS=1 npx vitest run test/machines/diagram.test.ts\`.

An arrow reads \`event [condition]\`. Where several arrows of a state fit, the first one in the source is taken. Arrows without an event are
taken as soon as their condition holds, most of them on a fresh look at the host. Arrows that only note something are left out.

## The failback of one VM

### What host and clock decide

${mermaid(toMermaid(failbackMachine, 'facts'))}

### What people decide

\`pause\` and \`resume\` are taken in every state that has not ended: a pause holds before the next call, and a job that runs is still followed.
\`cancel\` while a call is made, in doubt or followed is noted, and honoured as soon as the outcome is known; while data is copied it interrupts the copy.

${mermaid(toMermaid(failbackMachine, 'commands'))}

${compositesOf(failbackMachine)
  .map((name) => `### Inside \`${name}\`\n\n${mermaid(insideToMermaid(failbackMachine, name))}`)
  .join('\n\n')}

### States

${toTable(failbackMachine)}

## A run

${mermaid(toMermaid(runMachine))}

${toTable(runMachine)}
`;

it('docs/state-diagram.md shows the machines as they are', async () => {
  if (process.env.UPDATE_DOCS) await writeFile(FILE, DOCUMENT);
  expect(await readFile(FILE, 'utf8')).toBe(DOCUMENT);
});
