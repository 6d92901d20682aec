import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, by the end of their paths: one that begins last would leave the other workers without work. */
const LONGEST = [
  'test/machines/exploration.test.ts',
  'test/machines/pair-model.test.ts',
  'test/e2e/acceptance.test.ts',
  'test/chaos.test.ts',
  'test/cli/process.test.ts',
  'test/workers/pair-death.test.ts',
  'test/workers/failover.test.ts',
  'test/cli/demo.test.ts',
];

/** Orders files by how long they take, as far as that is known on a fresh clone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((end) => moduleId.replaceAll('\\', '/').endsWith(end));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
