import type { RandomStream } from '../../src/simulator/world/random.ts';
import { subject } from '../hyperv/wsman/scripted-server.ts';
import type { Corpus } from './corpus.ts';
import { mutateXml } from './mutate-xml.ts';
import { RELATED, type RecordedAnswer, type RecordedOperation } from './recorded-operations.ts';

/** An answer as it is given, before HTTP. */
export interface Wire {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly authenticate: string;
  readonly body: Buffer;
}

const STATUSES = [200, 200, 201, 204, 301, 302, 400, 401, 403, 404, 407, 413, 429, 500, 500, 503, 599];
const SOAP = 'application/soap+xml;charset=UTF-8';
const CONTENT_TYPES = [
  ...[SOAP, 'application/soap+xml;charset=utf-16', 'application/soap+xml;charset="utf8"', 'text/xml', 'text/html', ''],
  ...['application/soap+xml;charset=ISO-8859-1', 'application/soap+xml; charset=', 'multipart/encrypted;boundary=x', 'xml'],
];

/** A host that answers one operation as it was recorded, but for one answer. */
export class Player {
  readonly operation: RecordedOperation;
  /** How often the request that changes something came in. */
  changes = 0;
  /** What was answered to it, and which message that was. */
  answer: { readonly wire: Wire; readonly messageId: string } | null = null;
  readonly #random: RandomStream;
  readonly #corpus: Corpus;
  /** Its messages are sealed: their type is that of all sealed ones. */
  readonly sealed: boolean;
  /** The answer that is mutated. */
  readonly #victim: RecordedAnswer | undefined;
  /** Lists have no end. */
  readonly #endless: boolean;
  readonly #played = new Map<string, number>();
  #last: RecordedAnswer | undefined;

  constructor(operation: RecordedOperation, random: RandomStream, corpus: Corpus, sealed = false) {
    this.operation = operation;
    this.#random = random;
    this.#corpus = corpus;
    this.sealed = sealed;
    this.#endless = random.next() < 0.002;
    this.#victim = random.next() < 0.6 ? operation.answers.at(-1) : random.pick(operation.answers);
  }

  /** @param request the message */
  play(request: string): Wire {
    const [, messageId = ''] = /MessageID>uuid:([^<]*)</.exec(request) ?? [];
    const asked = subject({ body: request });
    const answer = this.#next(asked);
    const played = this.#wireOf(answer, messageId, asked);
    const wire = this.sealed ? { ...played, contentType: SOAP } : played;
    const isChange = this.operation.change !== null && asked.startsWith(`${this.operation.change} `);
    if (isChange) {
      this.changes += 1;
      this.answer = { wire, messageId };
    }
    return wire;
  }

  #next(asked: string): RecordedAnswer {
    const answers = this.operation.answers.filter((answer) => answer.subject === asked);
    const at = this.#played.get(asked) ?? 0;
    this.#played.set(asked, at + 1);
    const answer = answers[Math.min(at, answers.length - 1)] ?? this.#last ?? this.operation.answers[0];
    if (answer === undefined) throw new Error(`${this.operation.name} has no answers`);
    this.#last = answer;
    return answer;
  }

  #wireOf(answer: RecordedAnswer, messageId: string, asked: string): Wire {
    const related = (text: string): string => text.replace(RELATED, messageId);
    const plain = { contentEncoding: 'identity', authenticate: '' };
    if (this.#endless && /^(Enumerate|Pull)/.test(asked)) {
      const body = Buffer.from(related(unended(answer.sample.text)));
      return { ...plain, status: answer.status, contentType: answer.contentType, body };
    }
    if (answer !== this.#victim)
      return { ...plain, status: answer.status, contentType: answer.contentType, body: Buffer.from(related(answer.sample.text)) };
    const random = this.#random;
    const other = random.pick(this.#corpus.samples) ?? answer.sample;
    const recorded = random.next() < 0.2 ? random.pick(this.#corpus.recordings) : undefined;
    const original = recorded ?? { ...answer, authenticate: '' };
    const sample = { ...original.sample, text: related(original.sample.text).replace(/(RelatesTo>)[^<]{41}(<)/, `$1uuid:${messageId}$2`) };
    return {
      status: random.next() < 0.12 ? (random.pick(STATUSES) ?? 200) : original.status,
      contentType: random.next() < 0.06 ? (random.pick(CONTENT_TYPES) ?? '') : original.contentType,
      contentEncoding: random.next() < 0.01 ? 'gzip' : 'identity',
      authenticate: original.authenticate,
      body: recorded !== undefined && random.next() < 0.3 ? Buffer.from(sample.text) : mutateXml(sample, random, other),
    };
  }
}

/** A page that is followed by another, always by the same name. */
function unended(text: string): string {
  const open = text.replace(/<(\w+:)?EndOfSequence[^>]*(\/>|>\s*<\/(\w+:)?EndOfSequence>)/g, '');
  return open.replace(/EnumerationContext>[^<]*</, 'EnumerationContext>again<');
}
