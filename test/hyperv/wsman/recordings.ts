import { readFileSync } from 'node:fs';
import { parseXml, type XmlElement } from '../../../src/hyperv/xml/xml-reader.ts';

/** An answer recorded from a server that is not ours; names are `omi-…` and `openwsmand-…`. */
export interface Recording {
  readonly status: number;
  /** Header lines without Content-Length. */
  readonly headers: readonly string[];
  readonly body: string;
}

export function recording(name: string): Recording {
  const source = readFileSync(new URL(`fixtures/${name}.http`, import.meta.url), 'utf8');
  const split = source.indexOf('\n\n');
  const [statusLine = '', ...headers] = source.slice(0, split).split('\n');
  return { status: Number(statusLine.split(' ')[1]), headers, body: source.slice(split + 2) };
}

export function recordedEnvelope(name: string): XmlElement {
  return parseXml(recording(name).body);
}
