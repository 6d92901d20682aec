import type { RandomStream } from '../../src/simulator/world/random.ts';
import { MAX_BYTES, mutateBytes } from './mutate-bytes.ts';

const NUMBERS = ['0', '-1', '1', '2147483648', '4294967295', '9999999999', '18446744073709551616', '1e3', '0x10', ''];
const LENGTHS = [0, 1, 12, 15, 17, 60, 1_024, 1_025, 0x7fffffff, 0xffffffff];
const DELIMITER = '--Encrypted Boundary';

type Mutation = (body: string, random: RandomStream) => string;

/** Bodies are latin1, so that every byte is a character. */
const MUTATIONS: readonly Mutation[] = [
  (body, random) => body.replace(/Length=\d+/, `Length=${random.pick(NUMBERS)}`),
  (body, random) => body.replace(/Length=(\d+)/, (_, length: string) => `Length=${Number(length) + random.between(-2, 2)}`),
  (body, random) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(random.pick(LENGTHS) ?? 0);
    return body.replace(/(octet-stream\r\n)[\s\S]{4}/, (_, head: string) => head + length.toString('latin1'));
  },
  (body, random) => {
    const messages = messagesOf(body);
    return joined([...messages, ...Array<string>(random.between(1, 400)).fill(random.pick(messages) ?? '')]);
  },
  (body, random) => joined(random.shuffle(messagesOf(body))),
  (body, random) => joined(messagesOf(body).slice(0, random.between(0, 2))),
  (body, random) => joined(messagesOf(body).slice(random.between(0, 2))),
  (body) => body.replaceAll(DELIMITER, `${DELIMITER}--`),
  (body) => body.replaceAll(DELIMITER, '-- Encrypted Boundary'),
  (body) => body.replaceAll('\r\n', '\n'),
  (body) => body.replace(/\tContent-Type: [^\r]*\r\n/, ''),
  (body) => body.replace('SPNEGO', 'Kerberos'),
  (body) => body.replace('UTF-8', 'UTF-16'),
  (body) => `${body}${body}`,
  (body) => body.replace(/--\r\n$/, '\r\n'),
  (body, random) => body.replace('octet-stream\r\n', `octet-stream\r\n${' '.repeat(random.pick([1, 600]) ?? 1)}`),
  (body, random) => {
    const at = random.between(0, body.length);
    return `${body.slice(0, at)}${random.pick([DELIMITER, `${DELIMITER}--\r\n`, `${DELIMITER}\r\n`])}${body.slice(at)}`;
  },
];

/** Changes a body of sealed messages. */
export function mutateMultipart(body: Buffer, random: RandomStream): Buffer {
  if (random.next() < 0.4) return mutateBytes(body, random);
  const mutated = random.pick(MUTATIONS)?.(body.toString('latin1'), random) ?? '';
  return Buffer.from(mutated.slice(0, MAX_BYTES), 'latin1');
}

/** Each with its two delimiters, none of them the last. */
function messagesOf(body: string): string[] {
  return body
    .slice(0, body.lastIndexOf(DELIMITER))
    .split(new RegExp(`(?=${DELIMITER}\r\n\tContent-Type: application/HTTP)`))
    .filter((message) => message !== '');
}

function joined(messages: readonly string[]): string {
  return `${messages.join('')}${DELIMITER}--\r\n`;
}
