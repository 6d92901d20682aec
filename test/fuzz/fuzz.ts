/**
 * Gives the client mutated answers, and checks that each is read or refused by one of our errors, in time, within the memory it has.
 *
 *   npm run fuzz -- --cases 1000000 --seed 1 --jobs 2 --json     cases 0 to 999,999; the last line is JSON
 *   npm run fuzz -- --seed 1 --only 4711                         one case again
 */
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { closeCorpus, openCorpus } from './corpus.ts';
import { runCase } from './run-cases.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

if (values.only === undefined) {
  const from = Number(values.from);
  const summary = await runCampaign({ seed, from, to: from + Number(values.cases), jobs: Number(values.jobs), say });
  for (const { number, target, finding } of summary.findings)
    say(`case ${number} (${target}): ${finding}\n  again: npm run fuzz -- --seed ${seed} --only ${number}`);
  process.stdout.write(`${JSON.stringify({ type: 'fuzz', ...summary }, null, values.json ? 0 : 1)}\n`);
  process.exitCode = summary.findings.length === 0 ? 0 : 1;
} else {
  const corpus = await openCorpus();
  const end = await runCase(seed, Number(values.only), corpus);
  await closeCorpus(corpus);
  process.stdout.write(`${JSON.stringify({ type: 'case', seed, number: Number(values.only), ...end })}\n`);
  process.exitCode = end.finding === null ? 0 : 1;
}
