import { contextTag, derContent, ENUMERATED, OBJECT_IDENTIFIER, OCTET_STRING, oidContent, readDer, SEQUENCE, writeDer } from './der.ts';
import { SecurityError } from './security-context.ts';

/** The tokens of RFC 4178, section 4.2. */

export const SPNEGO_OID = '1.3.6.1.5.5.2';

/** Longest token that is read, bytes: more than Windows makes for a member of a thousand groups. */
const MAX_TOKEN = 131_072;

/** InitialContextToken of RFC 2743, 3.1. */
const INITIAL_CONTEXT_TOKEN = 0x60;

const STATES = ['accept-completed', 'accept-incomplete', 'reject', 'request-mic'] as const;
export type NegState = (typeof STATES)[number];

/** MechTypeList: what is offered, best first. The mechListMIC signs these very bytes. */
export function writeMechTypes(oids: readonly string[]): Buffer {
  return writeDer(SEQUENCE, ...oids.map((oid) => writeDer(OBJECT_IDENTIFIER, oidContent(oid))));
}

/** The first token of all: what is offered, and the first token of the best. */
export function writeNegTokenInit(mechTypes: Buffer, mechToken: Buffer): Buffer {
  const body = writeDer(SEQUENCE, writeDer(contextTag(0), mechTypes), writeDer(contextTag(2), writeDer(OCTET_STRING, mechToken)));
  return writeDer(INITIAL_CONTEXT_TOKEN, writeDer(OBJECT_IDENTIFIER, oidContent(SPNEGO_OID)), writeDer(contextTag(0), body));
}

export interface NegTokenResp {
  readonly state: NegState | null;
  /** Content of the OBJECT IDENTIFIER. */
  readonly supportedMech: Buffer | null;
  /** Never empty. */
  readonly responseToken: Buffer | null;
  readonly mechListMic: Buffer | null;
}

/** Every later token, in both directions. */
export function writeNegTokenResp({ state, supportedMech, responseToken, mechListMic }: NegTokenResp): Buffer {
  const fields = [
    state === null ? null : writeDer(ENUMERATED, Buffer.from([STATES.indexOf(state)])),
    supportedMech === null ? null : writeDer(OBJECT_IDENTIFIER, supportedMech),
    responseToken === null ? null : writeDer(OCTET_STRING, responseToken),
    mechListMic === null ? null : writeDer(OCTET_STRING, mechListMic),
  ];
  const body = fields.flatMap((field, number) => (field === null ? [] : [writeDer(contextTag(number), field)]));
  return writeDer(contextTag(1), writeDer(SEQUENCE, ...body));
}

/**
 * A token of the host, up to 128 KiB. Every field may be absent.
 * @throws SecurityError `malformed`
 */
export function readNegTokenResp(token: Buffer): NegTokenResp {
  if (token.length > MAX_TOKEN) throw malformed();
  const fields = readDer(derContent(derContent(token, contextTag(1)), SEQUENCE));
  const tags = fields.map(({ tag }) => tag);
  if (tags.some((tag, at) => tag < contextTag(0) || tag > contextTag(3) || tag <= (tags[at - 1] ?? 0))) throw malformed();
  const field = (number: number, tag: number): Buffer | null => {
    const element = fields.find((candidate) => candidate.tag === contextTag(number));
    return element === undefined ? null : derContent(element.content, tag);
  };
  const state = field(0, ENUMERATED);
  const responseToken = field(2, OCTET_STRING);
  return {
    state: state === null ? null : readState(state),
    supportedMech: field(1, OBJECT_IDENTIFIER),
    responseToken: responseToken?.length === 0 ? null : responseToken,
    mechListMic: field(3, OCTET_STRING),
  };
}

function readState(content: Buffer): NegState {
  const state = content.length === 1 ? STATES[content[0] ?? STATES.length] : undefined;
  if (state === undefined) throw malformed();
  return state;
}

function malformed(): SecurityError {
  return new SecurityError('malformed', 'The host sent something that is not an answer of SPNEGO');
}
