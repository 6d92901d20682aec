import type { CimError } from '../hyperv-host.ts';
import { XmlRefused } from '../xml/xml-reader.ts';
import { type EmbeddedInstance, readEmbeddedInstance } from './cim-xml.ts';

/** Longest text kept of an error that is not CIM-XML. */
const MAX_TEXT = 2_000;

/** Reads embedded `Msvm_Error`s. Text that is no CIM-XML becomes the message: evidence is not thrown away. */
export function readErrors(sources: readonly string[]): readonly CimError[] {
  return sources
    .filter((source) => source.trim() !== '')
    .map((source) => {
      const instance = parse(source);
      return instance === null ? { ...NOTHING, message: source.slice(0, MAX_TEXT) } : readError(instance);
    });
}

const NOTHING: CimError = { message: null, messageId: null, errorSource: null, probableCause: null, recommendedActions: [] };

function readError({ properties }: EmbeddedInstance): CimError {
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
