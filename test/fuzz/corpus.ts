import { readdirSync } from 'node:fs';
import { recording } from '../hyperv/wsman/recordings.ts';
import { KerberosSite } from './kerberos-site.ts';
import { type RecordedOperation, recordOperations } from './recorded-operations.ts';
import { type Sample, sampleOf } from './sample.ts';
import { type ScriptSamples, scriptSamples } from './script-samples.ts';

/** An answer of OMI or Openwsman. */
export interface RecordedMessage {
  readonly name: string;
  readonly status: number;
  readonly contentType: string;
  readonly authenticate: string;
  readonly sample: Sample;
}

/** What is mutated. */
export interface Corpus {
  readonly operations: readonly RecordedOperation[];
  readonly recordings: readonly RecordedMessage[];
  /** All documents of both. */
  readonly samples: readonly Sample[];
  readonly scripts: ScriptSamples;
  /** A text: why there is none. */
  readonly kerberos: KerberosSite | string;
}

export async function closeCorpus({ kerberos }: Corpus): Promise<void> {
  if (typeof kerberos !== 'string') await kerberos.close();
}

/** Reads the recordings, and has the simulator answer every operation of the port. */
export async function openCorpus(): Promise<Corpus> {
  const operations = await recordOperations();
  const recordings = readdirSync(new URL('../hyperv/wsman/fixtures/', import.meta.url))
    .filter((file) => file.endsWith('.http'))
    .sort()
    .map((file) => messageOf(file.replace(/\.http$/, '')));
  const answers = operations.flatMap((operation) => operation.answers.map(({ sample }) => sample));
  const samples = [...recordings.map(({ sample }) => sample), ...answers].filter(({ elements }) => elements.length > 0);
  return { operations, recordings, samples, scripts: scriptSamples(answers), kerberos: await KerberosSite.open() };
}

function messageOf(name: string): RecordedMessage {
  const { status, headers, body } = recording(name);
  const header = (wanted: string): string => {
    const found = headers.filter((line) => line.toLowerCase().startsWith(`${wanted}:`));
    return found.map((line) => line.slice(wanted.length + 1).trim()).join(', ');
  };
  return { name, status, contentType: header('content-type'), authenticate: header('www-authenticate'), sample: sampleOf(body.trim()) };
}
