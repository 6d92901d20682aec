import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import { element, text, type Xml } from '../xml/xml-writer.ts';
import { type EnumerationItem, type EnumerationPage, readPage } from './enumeration-page.ts';
import { writeMessage } from './envelope.ts';
import { NS, WQL_DIALECT } from './namespaces.ts';
import type { EndpointReference } from './resources.ts';
import type { Session } from './session.ts';
import { isStaleConnection, type SoapAnswer } from './soap-exchange.ts';

export interface EnumerationRequest {
  /** For messages and as key of the learned page size, e.g. "Msvm_ConcreteJob". */
  readonly className: string;
  readonly target: EndpointReference;
  /** A fixed text of ours; null enumerates the class of the target. */
  readonly wql: string | null;
  readonly mode: 'objects' | 'references';
}

/** Items asked for at once; the server sends fewer when they do not fit into an envelope. */
const FIRST_PAGE = 1000;
/** Answers of one enumeration, and empty ones in a row: a server that never ends must not keep us. */
const MAX_PAGES = 20_000;
const MAX_EMPTY_PAGES = 200;
/** Of one enumeration; a host has a thousand machines at most. */
const MAX_ITEMS = 200_000;
/** For the Release of an enumeration nobody waits for any more, milliseconds. */
const RELEASE_MS = 5_000;

const ACTION = { enumerate: `${NS.enumeration}/Enumerate`, pull: `${NS.enumeration}/Pull`, release: `${NS.enumeration}/Release` };

/**
 * All items of an enumeration. Starts over with half the page when the host says the answer does not fit (and remembers the size
 * in `session.pageSizes`), and once when a kept connection was dead: a Pull alone can never be repeated without losing items.
 * @throws FailbackError; `host.envelope-too-small` when not even one item fits
 */
export async function enumerate(session: Session, request: EnumerationRequest, call: Call): Promise<readonly EnumerationItem[]> {
  let size = session.pageSizes.get(request.className) ?? FIRST_PAGE;
  let fresh = false;
  for (;;) {
    try {
      return await enumerateOnce(session, request, call, size);
    } catch (error) {
      if (isStaleConnection(error) && !fresh) {
        fresh = true;
        session.dropIdle();
      } else if (error instanceof FailbackError && error.code === 'host.envelope-too-small' && size > 1) {
        size = Math.floor(size / 2);
        session.pageSizes.set(request.className, size);
      } else throw error;
    }
  }
}

async function enumerateOnce(session: Session, request: EnumerationRequest, call: Call, size: number): Promise<readonly EnumerationItem[]> {
  const items: EnumerationItem[] = [];
  let context: string | null = null;
  let emptyPages = 0;
  let bytes = 0;
  try {
    let page = await ask(session, request, call, ACTION.enumerate, enumerateBody(request, size));
    for (let pages = 1; ; pages += 1) {
      context = page.context ?? context;
      bytes += page.bytes;
      if (items.length + page.items.length > MAX_ITEMS || bytes > session.maxListBytes) throw endless(session, request, 'is too long');
      for (const item of page.items) items.push(item);
      if (page.ended) return items;
      emptyPages = page.items.length === 0 ? emptyPages + 1 : 0;
      if (context === null) throw endless(session, request, 'names no context to go on with');
      if (pages >= MAX_PAGES || emptyPages > MAX_EMPTY_PAGES) throw endless(session, request, 'does not come to an end');
      page = await ask(session, request, call, ACTION.pull, pullBody(context, size)).catch(forgotten);
    }
  } catch (error) {
    if (context !== null) release(session, request, context);
    throw error;
  }
}

async function ask(
  session: Session,
  request: EnumerationRequest,
  call: Call,
  action: string,
  body: Xml,
): Promise<EnumerationPage & { readonly bytes: number }> {
  const { envelope, size } = await send(session, request, call, action, body);
  const page = readPage(envelope);
  if (page === null) throw endless(session, request, 'is no enumeration');
  return { ...page, bytes: size };
}

function send(session: Session, request: EnumerationRequest, call: Call, action: string, body: Xml): Promise<SoapAnswer> {
  const operation = `${action.slice(action.lastIndexOf('/') + 1)} ${request.className}`;
  const messageId = randomUUID();
  const message = writeMessage({ ...session.headers(call), action, target: request.target, messageId, body });
  return session.exchange({ ...call, operation, effect: 'read', message, messageId, sendBy: null });
}

/** Tells the host that nobody will pull any more; whether it hears it does not matter to us. */
function release(session: Session, request: EnumerationRequest, context: string): void {
  const call: Call = { deadline: performance.now() + RELEASE_MS, signal: null };
  const body = element('n:Release', {}, element('n:EnumerationContext', {}, text(context)));
  session.background(send(session, request, call, ACTION.release, body));
}

function enumerateBody({ wql, mode }: EnumerationRequest, size: number): Xml {
  return element(
    'n:Enumerate',
    {},
    element('w:OptimizeEnumeration', {}),
    element('w:MaxElements', {}, text(String(size))),
    ...(mode === 'references' ? [element('w:EnumerationMode', {}, text('EnumerateEPR'))] : []),
    ...(wql === null ? [] : [element('w:Filter', { Dialect: WQL_DIALECT }, text(wql))]),
  );
}

function pullBody(context: string, size: number): Xml {
  return element('n:Pull', {}, element('n:EnumerationContext', {}, text(context)), element('n:MaxElements', {}, text(String(size))));
}

/** To a Pull, "not found" is about the enumeration, not about anything on the host: asking again from the start helps. */
function forgotten(error: unknown): never {
  if (!(error instanceof FailbackError) || error.code !== 'host.not-found') throw error;
  const { message, details = {} } = error;
  throw new FailbackError({
    class: 'retryable',
    code: 'host.fault',
    message,
    remedy: 'Nothing to do: the list is asked for again.',
    details,
  });
}

function endless(session: Session, request: EnumerationRequest, what: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'host.malformed-answer',
    message: `The list of ${request.className} from host ${session.host} ${what}`,
    remedy: 'Check that the address leads to the host itself; report the product and version the host names.',
    details: { host: session.host, operation: request.className, sent: true },
  });
}
