import { InvalidArgumentError } from 'commander';
import { FailbackError } from '../domain/failure.ts';

/** Wrong usage: exit code 2. */
export function usageError(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy });
}

/** Reads an option that is a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Reads an option that is a number greater than 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Give a number greater than 0.');
  return value;
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
