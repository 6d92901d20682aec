import type { Socket } from 'node:net';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import { basic, hostAt } from '../../hyperv/wsman/hosts.ts';
import { type ScriptedRequest, scriptedServer } from '../../hyperv/wsman/scripted-server.ts';
import type { Corpus } from '../corpus.ts';
import { mutateHttp } from '../mutate-http.ts';
import { mutateMultipart } from '../mutate-multipart.ts';
import { NtlmHost, openBody, SPNEGO_SESSION, sealBody, spnegoToken } from '../ntlm-host.ts';
import { Finding } from '../outcome.ts';
import { Player, type Wire } from '../player.ts';
import { PASSWORD, USERNAME } from '../secrets.ts';
import { endingOf, judge } from '../verdict.ts';

/** Time for an operation, milliseconds: some answers never come to their end. */
const TIMEOUT_MS = 400;
/** A client that has not come back by then does not keep its time, milliseconds; the machine may be busy. */
const HANG_MS = 30_000;

const NTLM: LogOn = { scheme: 'ntlm', credentials: async () => ({ username: USERNAME, password: PASSWORD }) };

/** The whole client over a socket: an operation of the port, log-on and sealing and all; content, sealed bodies or HTTP are mutated. */
export async function fuzzClient(random: RandomStream, corpus: Corpus): Promise<string> {
  const operation = random.pick(corpus.operations);
  if (operation === undefined) throw new Error('there are no operations');
  const sealed = random.next() < 0.5;
  const player = new Player(operation, random, corpus, sealed);
  const speaker = new Speaker(player, random, sealed);
  const server = await scriptedServer((request) => void speaker.answer(request).catch(() => request.socket.destroy()));
  const host = hostAt(server.url, { logOn: sealed ? NTLM : basic(USERNAME, PASSWORD) });
  try {
    const ending = await within(HANG_MS, endingOf(operation.run(host, { timeoutMs: TIMEOUT_MS })));
    return judge(player, ending, speaker.touched ? { refuses: speaker.mayHaveRefused } : null);
  } finally {
    await server.close();
    await host.close();
  }
}

/** Puts answers on sockets. */
class Speaker {
  /** Something was changed between the host and the client. */
  touched = false;
  /** Among what was written is a status that refuses. */
  mayHaveRefused = false;
  readonly #player: Player;
  readonly #random: RandomStream;
  readonly #sealed: boolean;
  readonly #hosts = new Map<Socket, NtlmHost>();
  /** Requests until something is changed; those of the log-on count. */
  #untouched: number;

  constructor(player: Player, random: RandomStream, sealed: boolean) {
    this.#player = player;
    this.#random = random;
    this.#sealed = sealed;
    this.#untouched =
      random.next() < 0.4 ? random.between(0, player.operation.answers.length + (sealed ? 2 : 0)) : Number.POSITIVE_INFINITY;
  }

  async answer({ headers, body, bytes, socket }: ScriptedRequest): Promise<void> {
    if (!this.#sealed) return this.#write(socket, this.#player.play(body));
    const host = this.#hosts.get(socket) ?? new NtlmHost();
    this.#hosts.set(socket, host);
    const [, token] = /authorization: negotiate (\S+)/i.exec(headers) ?? [];
    if (token !== undefined) return this.#logOn(socket, host, Buffer.from(token, 'base64'));
    const contentType = /content-type: (.*)/i.exec(headers)?.[1] ?? '';
    const wire = this.#player.play(openBody(host, bytes, contentType).toString('utf8'));
    const cut = this.#random.next() < 0.8 ? 0 : this.#random.between(0, wire.body.length);
    const pieces = [wire.body.subarray(0, cut), wire.body.subarray(cut)].filter(({ length }, at) => at === 1 || length > 0);
    this.#write(socket, { ...wire, ...sealBody(host, SPNEGO_SESSION, pieces) });
  }

  async #logOn(socket: Socket, host: NtlmHost, token: Buffer): Promise<void> {
    const step = await host.step(token);
    const answer = { contentType: '', contentEncoding: 'identity', body: Buffer.alloc(0) };
    if (step === null) return this.#write(socket, { ...answer, status: 401, authenticate: 'Negotiate' });
    const authenticate = `Negotiate ${spnegoToken(step.inner, step.mic).toString('base64')}`;
    this.#write(socket, { ...answer, status: step.inner === null ? 200 : 401, authenticate });
  }

  #write(socket: Socket, wire: Wire): void {
    const random = this.#random;
    const isVictim = this.#untouched-- === 0;
    const inBody = isVictim && this.#sealed && random.next() < 0.5;
    const body = inBody ? mutateMultipart(wire.body, random) : wire.body;
    const head = headOf(wire, body.length);
    const bytes = isVictim && !inBody ? mutateHttp(head, body, random) : Buffer.concat([Buffer.from(head, 'latin1'), body]);
    this.touched ||= isVictim;
    // Nothing that a sealed connection says outside of what is sealed proves anything.
    this.mayHaveRefused ||= !this.#sealed && /HTTP\/1\.\d (3\d\d|40[1345]|41[135]|426)|Fault/.test(bytes.toString('latin1'));
    socket.write(bytes);
    // Else the client waits for what does not come until its time is over.
    if (isVictim && random.next() < 0.9) socket.end();
  }
}

function headOf({ status, contentType, contentEncoding, authenticate }: Wire, length: number): string {
  const headers = [
    ...(contentType === '' ? [] : [`Content-Type: ${contentType}`]),
    ...(contentEncoding === 'identity' ? [] : [`Content-Encoding: ${contentEncoding}`]),
    ...(authenticate === '' ? [] : [`WWW-Authenticate: ${authenticate}`]),
  ];
  return [`HTTP/1.1 ${status} Fuzzed`, ...headers, `Content-Length: ${length}`, '', ''].join('\r\n');
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Finding(`is not done after ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
