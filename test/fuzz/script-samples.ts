import type { CimInstance, CimValue } from '../../src/hyperv/cim/cim-instance.ts';
import { readPage } from '../../src/hyperv/wsman/enumeration-page.ts';
import { readInstance } from '../../src/hyperv/wsman/wire-instance.ts';
import { child, parseXml } from '../../src/hyperv/xml/xml-reader.ts';
import type { Sample } from './sample.ts';

/** What the script writes, and what is made of it. */
export interface ScriptSample {
  readonly kind: 'instances' | 'instance' | 'opened' | 'failure';
  readonly text: string;
}

const FAILURE = {
  ...{
    sent: true,
    category: 'ObjectNotFound',
    native: '6',
    messageId: 'HRESULT 0x80041002',
    errorId: 'HRESULT 0x80041002,Microsoft.Management',
  },
  ...{ errorCode: '2147749890', hresult: '-2146233088', message: 'Nicht gefunden' },
};
/** What all answers have. */
const CLOCK = { clock: 1234.5678 };
const KEY = { modulus: Buffer.alloc(256, 0xc5).toString('base64'), exponent: 'AQAB' };

export interface ScriptSamples {
  /** What does not come from a host. */
  readonly own: readonly ScriptSample[];
  readonly ofHosts: readonly ScriptSample[];
}

/** Answers of a host as the script would write them, and what it writes beside them. */
export function scriptSamples(samples: readonly Sample[]): ScriptSamples {
  const own: readonly ScriptSample[] = [
    { kind: 'opened', text: JSON.stringify({ ...CLOCK, value: { process: 4711, version: '7.4.6', key: KEY } }) },
    { kind: 'failure', text: JSON.stringify({ ...CLOCK, failure: FAILURE }) },
    {
      kind: 'failure',
      text: JSON.stringify({
        ...CLOCK,
        failure: { ...FAILURE, sent: false, native: null, messageId: null, errorId: null, errorCode: null, hresult: '0' },
      }),
    },
  ];
  return { own, ofHosts: samples.flatMap(({ text }) => sampleOf(text)) };
}

function sampleOf(xml: string): ScriptSample[] {
  const envelope = parseXml(xml);
  const [first] = child(envelope, 'Body')?.children ?? [];
  const page = readPage(envelope);
  if (page !== null) {
    const instances = page.items.flatMap(({ instance }) => (instance === null ? [] : [jsonOf(instance)]));
    return [{ kind: 'instances', text: JSON.stringify({ ...CLOCK, value: instances }) }];
  }
  return first === undefined ? [] : [{ kind: 'instance', text: JSON.stringify({ ...CLOCK, value: jsonOf(readInstance(first)) }) }];
}

function jsonOf({ className, properties }: CimInstance): unknown {
  return { className, properties: Object.fromEntries(Array.from(properties, ([name, values]) => [name, values.map(jsonValue)])) };
}

function jsonValue(value: CimValue): unknown {
  if (value === null || typeof value === 'string') return value;
  return 'keys' in value ? { ...value, keys: [...value.keys] } : jsonOf(value);
}
