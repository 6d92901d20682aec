import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCimHost } from '../../../src/hyperv/cim/cim-host.ts';
import type { Connection } from '../../../src/hyperv/wsman/connection.ts';
import { parseEndpoint } from '../../../src/hyperv/wsman/endpoint.ts';
import { late } from '../../../src/hyperv/wsman/http-exchange.ts';
import type { HttpTransport, Post } from '../../../src/hyperv/wsman/http-transport.ts';
import type { Session } from '../../../src/hyperv/wsman/session.ts';
import { createSoapExchange } from '../../../src/hyperv/wsman/soap-exchange.ts';
import { TransportError } from '../../../src/hyperv/wsman/transport-failure.ts';
import { createWsmanAccess } from '../../../src/hyperv/wsman/wsman-access.ts';
import type { RandomStream } from '../../../src/simulator/world/random.ts';
import { basic } from '../../hyperv/wsman/hosts.ts';
import type { Corpus } from '../corpus.ts';
import { Player } from '../player.ts';
import { PASSWORD, USERNAME } from '../secrets.ts';
import { endingOf, judge } from '../verdict.ts';

/** What an enumeration without an end is given, milliseconds. */
const TIMEOUT_MS = 250;

/** The whole client but for its connections: an operation of the port is asked, one of the answers is mutated. */
export async function fuzzAnswers(random: RandomStream, corpus: Corpus): Promise<string> {
  const operation = random.pick(corpus.operations);
  if (operation === undefined) throw new Error('there are no operations');
  const player = new Player(operation, random, corpus);
  const releases: Promise<unknown>[] = [];
  const host = createCimHost(createWsmanAccess(sessionWith(player, releases), 'wmi'));
  const ending = await endingOf(operation.run(host, { timeoutMs: TIMEOUT_MS }));
  await Promise.all(releases);
  return judge(player, ending);
}

function sessionWith(player: Player, releases: Promise<unknown>[]): Session {
  const endpoint = parseEndpoint('hv-fuzz', 'http://127.0.0.1:5985');
  const logOn = basic(USERNAME, PASSWORD);
  const post: Post = async ({ message, deadline }) => {
    // Gives the clock and whoever waits a turn, as a connection does.
    await nextTurn();
    if (performance.now() > deadline) throw new TransportError(late('host.timeout', 'did not answer in time', true));
    const wire = player.play(message.toString('utf8'));
    return { ...wire, date: null, sent: true, authentic: true, forgotten: false, connection: NO_CONNECTION };
  };
  const transport: HttpTransport = { open: async () => post, dropIdle: () => undefined, close: () => undefined };
  return {
    host: endpoint.name,
    exchange: createSoapExchange(endpoint, transport, logOn),
    scheme: 'basic',
    maxListBytes: 4_000_000,
    pageSizes: new Map(),
    headers: () => ({ to: endpoint.url, maxEnvelopeSize: 512_000, operationTimeoutMs: TIMEOUT_MS }),
    dropIdle: () => undefined,
    background: (work) => void releases.push(work.catch(() => undefined)),
  };
}

/** All that is asked of a connection here. */
const NO_CONNECTION = { security: null, tls: null } as Connection;
