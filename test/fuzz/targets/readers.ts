import { tryEmbeddedInstance } from '../../../src/hyperv/cim/cim-xml.ts';
import { readPage } from '../../../src/hyperv/wsman/enumeration-page.ts';
import { meaningOf, readFault } from '../../../src/hyperv/wsman/soap-fault.ts';
import { readInstance, readReference } from '../../../src/hyperv/wsman/wire-instance.ts';
import { descendants, parseXml, parseXmlInParts, type XmlElement, XmlRefused } from '../../../src/hyperv/xml/xml-reader.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import type { Corpus } from '../corpus.ts';
import { mutateXml } from '../mutate-xml.ts';
import { Finding } from '../outcome.ts';

/** XML, and everything that is read from it. The two ways to parse agree. */
export async function fuzzReaders(random: RandomStream, { samples }: Corpus): Promise<string> {
  const [sample, other] = [random.pick(samples), random.pick(samples)];
  if (sample === undefined || other === undefined) throw new Error('there are no samples');
  const bytes = mutateXml(sample, random, other);
  // What is no UTF-8 does not come that far.
  const text = bytes.toString('utf8');
  const root = parsed(text);
  const again = await parseXmlInParts(text).catch(refused);
  if ((root === null) !== (again === null)) throw new Finding('parses otherwise in parts');
  if (root === null) return 'XmlRefused';
  if (JSON.stringify(again) !== JSON.stringify(root)) throw new Finding('is another document in parts');
  return read(root);
}

function read(root: XmlElement): string {
  const page = readPage(root);
  const fault = readFault(root, (text) => text);
  if (fault !== null && typeof meaningOf(fault).code !== 'string') throw new Finding(`has a fault without a meaning: ${fault.subcode}`);
  for (const element of descendants(root)) {
    readReference(element);
    if (element.text.trimStart().startsWith('<')) tryEmbeddedInstance(element.text);
  }
  readInstance(root);
  if (fault !== null) return 'fault';
  return page === null ? 'read' : 'page';
}

function parsed(text: string): XmlElement | null {
  try {
    return parseXml(text);
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): null {
  if (error instanceof XmlRefused) return null;
  throw error;
}
