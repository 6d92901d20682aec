import type { RandomStream } from '../../src/simulator/world/random.ts';
import { mutateBytes } from './mutate-bytes.ts';

type Mutation = (value: string, random: RandomStream) => string;

const MUTATIONS: readonly Mutation[] = [
  (value) => value.toUpperCase(),
  (value) => value.toLowerCase(),
  (value) => `${value}, ${value}`,
  (value) => `Basic realm="Negotiate AAAA, NTLM", ${value}`,
  (value) => `${value}, Kerberos`,
  (value) => value.replace(' ', '\t \t'),
  (value) => value.replace(' ', ''),
  (value) => `${value}====`,
  (value) => value.replaceAll('/', '_').replaceAll('+', '-'),
  () => 'Negotiate',
  () => 'Negotiate =',
  () => '',
  () => `Negotiate ${'A'.repeat(14_000)}`,
  (value) => `${',  '.repeat(4_000)}${value}`,
  (value, random) => mutateBytes(Buffer.from(value, 'latin1'), random).toString('latin1').slice(0, 15_000),
];

/** Changes a `WWW-Authenticate` or `Content-Type` header. @returns no control characters: HTTP would refuse them before */
export function mutateHeader(value: string, random: RandomStream): string {
  const mutated = random.pick(MUTATIONS)?.(value, random) ?? value;
  return mutated.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}
