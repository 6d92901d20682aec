import type { RandomStream } from '../../src/simulator/world/random.ts';
import { mutateBytes } from './mutate-bytes.ts';

const CRLF = '\r\n';

/** Changes the head of an answer, or how its body is framed. Head and body are latin1. */
type Mutation = (head: string, body: string, random: RandomStream) => string;

const MUTATIONS: readonly Mutation[] = [
  (head, body, random) =>
    head.replace(
      /Length: \d+/,
      `Length: ${random.pick(['0', '1', '5', '-1', '33554433', '99999999999999999999', '+5', '0x10', 'NaN', ''])}`,
    ) + body,
  (head, body, random) =>
    head.replace(/Length: (\d+)/, (_, length: string) => `Length: ${Number(length) + random.between(-40, 40)}`) + body,
  (head, body) => head.replace(/Content-Length: \d+\r\n/, '') + body,
  (head, body) => head.replace(/(Content-Length: \d+\r\n)/, '$1$1') + body,
  (head, body) => head.replace(/(Content-Length: )(\d+)/, `$1$2${CRLF}$1 9$2`) + body,
  (head, body, random) =>
    chunked(head) +
    chunks(body, random) +
    (random.pick([`0${CRLF}${CRLF}`, `0${CRLF}`, `${CRLF}`, `-1${CRLF}`, `0${CRLF}X: y${CRLF}${CRLF}`, '']) ?? ''),
  (head, body, random) => `${chunked(head)}${random.pick(['ffffffffffffffff', '7fffffff', 'g', ' 5', '5;x=y', '']) ?? ''}${CRLF}${body}`,
  (head, body) => head.replace(/(Content-Length)/, `Transfer-Encoding: chunked${CRLF}$1`) + body,
  (head, body, random) =>
    head.replace(
      /HTTP\/1\.1 \d+/,
      random.pick(['HTTP/1.0 200', 'HTTP/2.0 200', 'HTTP/1.1 2', 'HTTP/1.1 99999', 'ICY 200', 'HTTP/1.1 000']) ?? '',
    ) + body,
  (head, body, random) =>
    head.replace(/HTTP\/1\.1 \d+/, `HTTP/1.1 ${random.pick([204, 301, 304, 401, 401, 403, 404, 407, 500, 503])}`) + body,
  (head, body, random) => `HTTP/1.1 100 Continue${CRLF}${CRLF}`.repeat(random.between(1, 500)) + head + body,
  (head, body) => `HTTP/1.1 103 Early Hints${CRLF}Link: <x>${CRLF}${CRLF}${head}${body}`,
  (head, body) => `HTTP/1.1 101 Switching Protocols${CRLF}Upgrade: x${CRLF}Connection: upgrade${CRLF}${CRLF}${head}${body}`,
  (head, body) => head + body + head + body,
  (head, body, random) => head.replace(CRLF, `${CRLF}X: ${'x'.repeat(random.pick([100, 8_000, 70_000]) ?? 1)}${CRLF}`) + body,
  (head, body, random) => head.replace(CRLF, CRLF + 'X: y\r\n'.repeat(random.pick([10, 1_999, 3_000]) ?? 1)) + body,
  (head, body) => head.replace(CRLF, `${CRLF} folded${CRLF}`) + body,
  (head, body) => head.replaceAll(CRLF, '\n') + body,
  (head, body) => head.replace(CRLF, `${CRLF}Connection: close${CRLF}`) + body,
  (head) => head,
  (_head, body) => body,
  (head, body, random) => mutateBytes(Buffer.from(head, 'latin1'), random).toString('latin1') + body,
  (head, body, random) => mutateBytes(Buffer.from(head + body, 'latin1'), random).toString('latin1'),
];

/** Changes an answer as bytes of HTTP. @param head up to and with its empty line */
export function mutateHttp(head: string, body: Buffer, random: RandomStream): Buffer {
  return Buffer.from(random.pick(MUTATIONS)?.(head, body.toString('latin1'), random) ?? head, 'latin1');
}

function chunked(head: string): string {
  return head.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked');
}

function chunks(body: string, random: RandomStream): string {
  const size = random.pick([1, 7, 500, 60_000]) ?? 500;
  const parts = Array.from({ length: Math.min(2_000, Math.ceil(body.length / size)) }, (_, at) => body.slice(at * size, (at + 1) * size));
  return parts.map((part) => `${part.length.toString(16)}${CRLF}${part}${CRLF}`).join('');
}
