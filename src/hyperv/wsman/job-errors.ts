import type { JobError } from '../hyperv-host.ts';
import { type EmbeddedInstance, readEmbeddedInstance } from './cim-xml.ts';
import { textsOf, type WireInstance } from './wire-instance.ts';
import { XmlRefused } from './xml-reader.ts';

/** Longest text kept of an error that is not CIM-XML. */
const MAX_TEXT = 2_000;

/** Reads the `Errors` of `GetErrorEx`. Text that is no CIM-XML becomes the message: evidence is not thrown away. */
export function readJobErrors(output: WireInstance): readonly JobError[] {
  return textsOf(output, 'Errors')
    .filter((source) => source.trim() !== '')
    .map((source) => {
      const instance = parse(source);
      return instance === null ? { ...NOTHING, message: source.slice(0, MAX_TEXT) } : readError(instance);
    });
}

const NOTHING: JobError = { message: null, messageId: null, errorSource: null, probableCause: null, recommendedActions: [] };

function readError({ properties }: EmbeddedInstance): JobError {
  const value = (name: string): string | null => properties.get(name)?.[0] || null;
  return {
    message: value('Message'),
    messageId: value('MessageID'),
    errorSource: value('ErrorSource'),
    probableCause: value('ProbableCauseDescription') ?? value('ProbableCause'),
    recommendedActions: properties.get('RecommendedActions') ?? [],
  };
}

function parse(source: string): EmbeddedInstance | null {
  try {
    return readEmbeddedInstance(source);
  } catch (error) {
    if (error instanceof XmlRefused) return null;
    throw error;
  }
}
