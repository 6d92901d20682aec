import type { z } from 'zod';
import { isLaterKey } from './later-versions.ts';
import { nearest } from './nearest.ts';
import { KEYS_BY_PLACE } from './plan-schema.ts';

/** A schema issue in words. */
export interface DescribedIssue {
  readonly path: readonly PropertyKey[];
  /** Which part of the place at `path` the finding is about. */
  readonly part: 'key' | 'value';
  readonly message: string;
  readonly expected?: string;
}

type Issue = z.core.$ZodIssue;

/** Every issue in words. `data` is what was checked; values of addresses and credentials never get into a message. */
export function describeIssues(issues: readonly Issue[], data: unknown): DescribedIssue[] {
  return issues.flatMap((issue) => describe(issue, data, []));
}

function describe(issue: Issue, data: unknown, prefix: readonly PropertyKey[]): DescribedIssue[] {
  const path = [...prefix, ...issue.path];
  const value = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, data));
    case 'invalid_union':
      return unionIssues(issue, path, value).flatMap((inner) => describe(inner, data, path));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, part: 'key', message: inner.message, ...expected(inner) }));
    case 'custom':
      return [{ path, part: 'value', message: issue.message, ...expected(issue) }];
    default:
      return [{ path, part: 'value', ...wrongValue(path, value, issue.message) }];
  }
}

function expected(issue: Issue): { expected?: string } {
  const valid: unknown = issue.code === 'custom' ? issue.params?.valid : undefined;
  return typeof valid === 'string' ? { expected: valid } : {};
}

function wrongValue(path: readonly PropertyKey[], value: unknown, valid: string): { message: string; expected: string } {
  const key = path.at(-1);
  if (path.length === 0) return { message: 'a plan is a mapping', expected: 'version, name, hosts, members' };
  if (value === undefined) return { message: `${quote(key)} is missing`, expected: valid };
  if (value === null) return { message: `${quote(key)} has no value`, expected: valid };
  if (path[0] === 'defaults' && path[1] === 'verify' && path.length === 2 && Array.isArray(value))
    return { message: 'a list of probes belongs under "probes" here', expected: valid };
  if (key === 'password' || key === 'passphrase') return { message: 'credentials are references: env:NAME or file:PATH', expected: valid };
  if (key === 'version') return { message: `this failback does not know version ${show(value)} of the plan format`, expected: valid };
  const shown = path.includes('credentials') || key === 'address' ? 'this value' : show(value);
  const where = typeof key === 'number' ? '' : ` for ${quote(key)}`;
  return { message: `${shown} is not valid${where}`, expected: valid };
}

function unknownKey(path: readonly PropertyKey[], key: string, data: unknown): DescribedIssue {
  const place = placeOf(path, data);
  const keys = KEYS_BY_PLACE[place] ?? [];
  const found = { path: [...path, key], part: 'key', expected: keys.join(', ') } as const;
  if (isLaterKey(place, key)) return { ...found, message: `${quote(key)} comes with a later version` };
  if (place === 'defaults.verify' && KEYS_BY_PLACE['defaults.verify.probes.*']?.includes(key))
    return { ...found, message: `${quote(key)} belongs into the list "probes"` };
  if (place === 'hosts.*' && KEYS_BY_PLACE['hosts.*.credentials']?.includes(key))
    return { ...found, message: `${quote(key)} belongs under "credentials"` };
  if (place === '' && KEYS_BY_PLACE.defaults?.includes(key)) return { ...found, message: `${quote(key)} belongs under "defaults"` };
  if (place === 'members.*.match' && KEYS_BY_PLACE['members.*']?.includes(key))
    return { ...found, message: `${quote(key)} belongs to a member named with "vm"; machines picked by "match" take the plan's defaults` };
  const close = nearest(key, keys);
  return { ...found, message: `unknown key ${quote(key)}${close === null ? '' : `; did you mean ${quote(close)}?`}` };
}

/** The issues of the form that was meant, of those a place may have. */
function unionIssues(issue: Extract<Issue, { code: 'invalid_union' }>, path: readonly PropertyKey[], value: unknown): Issue[] {
  if (path.at(-1) !== 'verify') return memberIssues(issue, path, value);
  const [asList = [], asMapping = []] = issue.errors;
  if (Array.isArray(value)) return asList;
  if (isRecord(value)) return asMapping;
  const message = `${show(value)} is not valid for "verify"`;
  return [{ code: 'custom', path: [], message, params: { valid: issue.message }, input: undefined }];
}

/** The issues of the form of a member that was meant: one of the two mappings, else a name. */
function memberIssues(issue: Extract<Issue, { code: 'invalid_union' }>, path: readonly PropertyKey[], value: unknown): Issue[] {
  const [asName = [], asNamed = [], asMatch = []] = issue.errors;
  if (isRecord(value)) return hasMatch(value) ? asMatch : asNamed;
  if (typeof value === 'string') return asName;
  const hint =
    typeof value === 'number' || typeof value === 'boolean'
      ? ' for a member; quote a name that looks like something else'
      : ' for a member';
  const message = `${show(value)} is not valid${hint}`;
  const params = { valid: 'a name, { vm: NAME } or { match: GLOB }' };
  return [{ code: 'custom', path: [], message: path.length === 0 ? issue.message : message, params, input: undefined }];
}

/** `['hosts', 'a', 'tls']` → `hosts.*.tls`: the key of `KEYS_BY_PLACE`. */
function placeOf(path: readonly PropertyKey[], data: unknown): string {
  const place = path
    .map((step, depth) => (typeof step === 'number' || (depth === 1 && path[0] === 'hosts') ? '*' : String(step)))
    .join('.');
  const value = valueAt(data, path);
  return place === 'members.*' && isRecord(value) && hasMatch(value) ? 'members.*.match' : place;
}

function hasMatch(member: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(member, 'match') && !Object.hasOwn(member, 'vm');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return value;
}

/** True for a mapping: an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(key: PropertyKey | undefined): string {
  return JSON.stringify(String(key));
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a mapping';
  if (value === null) return 'an empty value';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
