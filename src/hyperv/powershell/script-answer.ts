import type { CimInstance, CimValue, ObjectReference } from '../cim/cim-instance.ts';
import { isUsableKey, type PublicKey } from './sealed-secret.ts';

/** What the script says of a failure: numbers where Windows gave some, all of them as text. */
export interface ScriptFailure {
  /** The method may have been called. */
  readonly sent: boolean;
  /** Name of the `ErrorCategory`. */
  readonly category: string;
  /** `CimException.NativeErrorCode`, the `MI_Result`. */
  readonly native: string | null;
  /** `CimException.MessageId`, e.g. "HRESULT 0x80041002". */
  readonly messageId: string | null;
  /** `FullyQualifiedErrorId`. */
  readonly errorId: string | null;
  /** `error_Code` of the `CIM_Error`, decimal. */
  readonly errorCode: string | null;
  /** `PSRemotingTransportException.ErrorCode`, signed decimal. */
  readonly transportCode: string | null;
  /** `Exception.HResult`, signed decimal. */
  readonly hresult: string | null;
  /** In the language of the host. */
  readonly message: string | null;
}

export type ScriptAnswer = ({ readonly value: unknown } | { readonly failure: ScriptFailure }) & {
  /** Milliseconds on the script's clock, when the answer was written. */
  readonly clock: number;
};

export interface Opened {
  readonly process: number;
  readonly key: PublicKey | null;
}

/** Instances within instances. */
const MAX_DEPTH = 64;

/** An answer that is not what the script writes. Carries nothing of it. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
}

/** @throws AnswerRefused */
export function readScriptAnswer(text: string): ScriptAnswer {
  const answer = record(parse(text));
  const { clock } = answer;
  if (typeof clock !== 'number' || !Number.isFinite(clock)) throw new AnswerRefused('no clock');
  if ('value' in answer) return { value: answer.value, clock };
  const failure = record(answer.failure);
  const word = (name: string): string | null => (typeof failure[name] === 'string' ? failure[name] : null);
  return {
    clock,
    failure: {
      sent: failure.sent !== false,
      category: word('category') ?? '',
      native: word('native'),
      messageId: word('messageId'),
      errorId: word('errorId'),
      errorCode: word('errorCode'),
      transportCode: word('transportCode'),
      hresult: word('hresult'),
      message: word('message'),
    },
  };
}

/** Null for what is no answer to `open`. */
export function readOpened(answer: ScriptAnswer): Opened | null {
  if (!('value' in answer) || answer.value === null || typeof answer.value !== 'object') return null;
  const { process, key = null } = answer.value as { process?: unknown; key?: unknown };
  // Other numbers stand for more than one process, and this one may be killed.
  if (typeof process !== 'number' || !Number.isSafeInteger(process) || process < 1) return null;
  return key === null || isUsableKey(key) ? { process, key } : null;
}

/** @throws AnswerRefused */
export function readInstances(value: unknown): readonly CimInstance[] {
  return list(value).map((each) => readInstance(each));
}

/** @throws AnswerRefused */
export function readInstance(value: unknown): CimInstance {
  return readNested(value, 0);
}

function readNested(value: unknown, depth: number): CimInstance {
  if (depth > MAX_DEPTH) throw new AnswerRefused('nested too deeply');
  const { className, properties } = record(value);
  const read = Object.entries(record(properties)).map(
    ([name, values]) => [name, list(values).map((each) => readValue(each, depth))] as const,
  );
  return { className: string(className), properties: new Map(read) };
}

function readValue(value: unknown, depth: number): CimValue {
  if (value === null || typeof value === 'string') return value;
  return 'keys' in record(value) ? readReference(record(value)) : readNested(value, depth + 1);
}

function readReference({ className, namespace, keys }: Readonly<Record<string, unknown>>): ObjectReference {
  const read = list(keys).flatMap((key) => {
    const [name, value] = list(key);
    return value === null ? [] : [[string(name), string(value)] as const];
  });
  return {
    namespace: namespace === null ? null : string(namespace).replaceAll('\\', '/'),
    className: string(className),
    keys: new Map(read),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AnswerRefused('no JSON');
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new AnswerRefused('no object');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new AnswerRefused('no list');
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new AnswerRefused('no text');
  return value;
}
