import type { ParameterType } from '../cim/cim-access.ts';
import type { ObjectReference } from '../cim/cim-instance.ts';
import { HYPERV_NAMESPACE } from '../cim/namespaces.ts';
import type { PowerShellConnection } from './powershell-address.ts';

/**
 * Text for the script: behind a sign of equality, so that nothing on the way takes it for a date; in ASCII with .NET's escapes, so that
 * halves of surrogate pairs arrive, which readers of JSON replace.
 */
export type MarkedText = `=${string}`;

export interface ScriptReference {
  readonly namespace: MarkedText;
  /** Classes, methods and names of keys and parameters are fixed texts of ours, or the host's own. */
  readonly className: string;
  readonly keys: readonly { readonly name: string; readonly value: MarkedText }[];
}

export interface ScriptParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: MarkedText | ScriptReference;
}

/** Moments are milliseconds on the clock of the script. */
interface Limited {
  readonly deadline: number;
}

/** What `operations.ps1` understands. */
export type ScriptRequest =
  | { readonly operation: 'open'; readonly modules: readonly string[]; readonly secret: boolean }
  | { readonly operation: 'ping' }
  | (Limited & {
      readonly operation: 'connect';
      readonly computerName: MarkedText;
      readonly protocol: PowerShellConnection['protocol'];
      readonly port: number;
      readonly useSsl: boolean;
      readonly authentication: string;
      /** Null: a CIM session. */
      readonly configurationName: MarkedText | null;
      /** Null: the account of this process. */
      readonly username: MarkedText | null;
      /** Sealed with the key of the session. */
      readonly password: readonly string[];
    })
  | (Limited & {
      readonly operation: 'query';
      readonly namespace: MarkedText;
      readonly query: MarkedText;
      /** Empty: all of them. */
      readonly properties: readonly string[];
    })
  | (Limited & { readonly operation: 'get'; readonly target: ScriptReference })
  | (Limited & {
      readonly operation: 'invoke';
      readonly target: ScriptReference;
      readonly method: string;
      readonly parameters: readonly ScriptParameter[];
      /** After it the method is not called any more; null for methods without an effect. */
      readonly sendBy: number | null;
    });

export function marked(text: string): MarkedText {
  return `=${text.replace(/[^ -[\]-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}`;
}

export function scriptReference({ namespace, className, keys }: ObjectReference): ScriptReference {
  return {
    namespace: marked(namespace ?? HYPERV_NAMESPACE),
    className,
    keys: Array.from(keys, ([name, value]) => ({ name, value: marked(value) })),
  };
}
