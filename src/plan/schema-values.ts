import { z } from 'zod';
import { BYTE_SIZE_PATTERN, formatByteSize, parseByteSize } from './byte-size.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { compileGlob, MAX_GLOB_LENGTH } from './name-glob.ts';

// Every `error` here says what would be valid; the sentence around it is made where findings are made.

/** Characters that no line on a screen and no line of a log may hold. */
export const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

export function freeText(what: string, max: number) {
  const valid = `${what}: text of 1 to ${max} characters without control characters`;
  return z.string({ error: valid }).superRefine((value, context) => {
    if (value.length >= 1 && value.length <= max && !UNPRINTABLE.test(value)) return;
    const message = value === '' ? `${what} is empty` : value.length > max ? `${what} is too long` : `${what} holds control characters`;
    context.addIssue({ code: 'custom', message, params: { valid } });
  });
}

/** Text that must pass `check`, which returns what is wrong or null. */
export function checkedText(valid: string, check: (value: string) => string | null) {
  return z.string({ error: valid }).superRefine((value, context) => {
    const message = check(value);
    if (message !== null) context.addIssue({ code: 'custom', message, params: { valid } });
  });
}

/** @param byDefault milliseconds; null: there is none, `such` is an example */
export function duration(min: string, max: string, byDefault: number | null, such = formatDuration(byDefault ?? 0)) {
  const valid = `a duration from ${min} to ${max}, such as ${such} (units: d, h, m, s, ms)`;
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
  return checkedText(valid, (value) => {
    const ms = parseDuration(value);
    if (ms === null) return `${JSON.stringify(value)} is not a duration`;
    return ms < least ? `${value} is too short` : ms > most ? `${value} is too long` : null;
  }).meta({
    pattern: DURATION_PATTERN,
    ...(byDefault === null ? {} : { default: formatDuration(byDefault) }),
    description: `From ${min} to ${max}.`,
  });
}

export function byteSize(max: string, byDefault: number) {
  const valid = `a number of bytes up to ${max}, such as ${formatByteSize(byDefault)} (units: B, KiB, MiB, GiB, TiB)`;
  const most = parseByteSize(max) ?? 0;
  return checkedText(valid, (value) => {
    const bytes = parseByteSize(value);
    if (bytes === null) return `${JSON.stringify(value)} is not a number of bytes`;
    return bytes > most ? `${value} is too much` : null;
  }).meta({ pattern: BYTE_SIZE_PATTERN, default: formatByteSize(byDefault), description: `Up to ${max}.` });
}

export function wholeNumber(min: number, max: number, byDefault: number | null) {
  const error = `a whole number from ${min} to ${max}`;
  const number = z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
  return byDefault === null ? number : number.meta({ default: byDefault });
}

export const flag = (byDefault: boolean) => z.boolean({ error: 'true or false' }).meta({ default: byDefault });

export function glob() {
  return freeText('a glob', MAX_GLOB_LENGTH).superRefine((value, context) => {
    try {
      compileGlob(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });
}
