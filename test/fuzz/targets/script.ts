import { readMethodResult } from '../../../src/hyperv/cim/method-result.ts';
import { readInstance, readInstances, readOpened, readScriptAnswer } from '../../../src/hyperv/powershell/script-answer.ts';
import { type Attempt, failureOfScript } from '../../../src/hyperv/powershell/script-failure.ts';
import { sealSecret } from '../../../src/hyperv/powershell/sealed-secret.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import type { Corpus } from '../corpus.ts';
import { mutateJson } from '../mutate-json.ts';
import { Finding } from '../outcome.ts';
import { PASSWORD } from '../secrets.ts';

const OPERATION = 'Msvm_ReplicationService.InitiateFailback';

/** What the script of a PowerShell session writes. */
export async function fuzzScript(random: RandomStream, { scripts }: Corpus): Promise<string> {
  const sample = random.pick(random.next() < 0.4 ? scripts.own : scripts.ofHosts);
  if (sample === undefined) throw new Error('there are no samples');
  const text = mutateJson(sample.text, random);
  const answer = readScriptAnswer(text);
  if ('failure' in answer) {
    const attempt: Attempt = { host: 'hv-fuzz', operation: OPERATION, change: random.next() < 0.5, connecting: random.next() < 0.2 };
    throw failureOfScript(attempt, answer.failure);
  }
  switch (sample.kind) {
    case 'opened': {
      const opened = readOpened(answer);
      if (opened?.key) sealSecret(opened.key, PASSWORD);
      if (opened !== null && !(opened.process > 0)) throw new Finding(`takes ${opened.process} for a process`);
      return opened === null ? 'not opened' : 'opened';
    }
    case 'instances':
      return `${readInstances(answer.value).length > 0 ? 'some' : 'no'} instances`;
    default:
      return `returned ${readMethodResult('hv-fuzz', OPERATION, readInstance(answer.value)).returnValue === 0 ? 0 : 'another value'}`;
  }
}
