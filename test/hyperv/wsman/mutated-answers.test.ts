import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FailbackError } from '../../../src/domain/failure.ts';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { hostAt, SETTINGS, soon, VM } from './hosts.ts';
import { recording } from './recordings.ts';
import { http, replay, type ScriptedServer, scriptedServer, subject } from './scripted-server.ts';

const SEED = 20_260_302;
const RUNS = 2_000;

/** Recordings by what is asked. */
const LISTS = [
  'omi-enum-wql-op2',
  'omi-pull-last',
  'omi-enum-EnumerateEPR',
  'openwsmand-enum-optimized-all',
  'openwsmand-enum-EnumerateObjectAndEPR',
];
const OUTPUTS = ['omi-invoke-failback-epr-cdata', 'openwsmand-invoke-epr-cdata', 'omi-get-job-done', 'omi-invoke-arrays'];
const IDENTITIES = ['omi-identify', 'openwsmand-identify'];
const FAULTS = ['omi-invoke-failback-denied', 'openwsmand-get-invalid-selector', 'omi-enum-plain'];

/** Pieces that mean something to a reader of these answers. */
const pieces = fc.constantFrom(
  ...['<', '>', '&', '"', '</', '/>', ']]>', '<![CDATA[', '<!DOCTYPE a>', '&#0;', '\u0000', '<a:a>', '\uFFFD', ':', ''],
  ...['999999999999999999999', '-1', 'NaN', '0x80041003', '<x/>', '<x xsi:nil="true"/>', 'EndOfSequence', 'constructor', '__proto__'],
);
const place = fc.double({ min: 0, max: 1, noNaN: true });
const edit = fc.record({ at: place, remove: fc.nat(60), insert: fc.oneof(pieces, fc.string({ maxLength: 8 })), textOnly: fc.boolean() });
const mutation = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
  choice: place,
  fault: fc.nat(9).map((n) => n === 0),
  status: fc.constantFrom(200, 200, 400, 500),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

let current: Mutation = { edits: [], choice: 0, fault: false, status: 200 };

function pick(names: readonly string[]): string {
  return names[Math.min(names.length - 1, Math.floor(current.choice * names.length))] ?? 'omi-identify';
}

function nameFor(what: string): string {
  if (current.fault) return pick(FAULTS);
  if (what === 'Identify') return pick(IDENTITIES);
  return /^(Enumerate|Pull)/.test(what) ? pick(LISTS) : pick(OUTPUTS);
}

/** Replaces a stretch anywhere, or the text of one element. */
function applyEdit(text: string, { at, remove, insert, textOnly }: Mutation['edits'][number]): string {
  const position = Math.floor(at * text.length);
  if (!textOnly) return text.slice(0, position) + insert + text.slice(position + remove);
  const start = text.indexOf('>', position) + 1;
  const end = text.indexOf('<', start);
  return start === 0 || end < 0 ? text : text.slice(0, start) + insert + text.slice(end);
}

let server: ScriptedServer;
let host: HyperVHost;
let asked = 0;

beforeAll(async () => {
  server = await scriptedServer((request) => {
    asked += 1;
    // An enumeration that goes on for ever is tested elsewhere; here the connection ends it.
    if (asked > 12) {
      request.socket.resetAndDestroy();
      return;
    }
    const original = recording(nameFor(subject(request)));
    const answer = replay(original, request);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    request.socket.write(http(current.status, current.edits.reduce(applyEdit, body), original.headers));
  });
  host = hostAt(server.url);
});
afterAll(async () => {
  await host.close();
  await server.close();
});

const CHANGES: readonly ((() => Promise<unknown>) | undefined)[] = [
  () => host.requestStateChange(VM, 2, soon({ timeoutMs: 5_000 })),
  () => host.initiateFailback({ vmId: VM, settings: SETTINGS, recoveryPointIdentifier: 'p' }, soon({ timeoutMs: 5_000 })),
];
const CALLS: readonly ((() => Promise<unknown>) | undefined)[] = [
  ...CHANGES,
  () => host.observe({ jobsOfVm: true }, { timeoutMs: 5_000 }),
  () => host.identify({ timeoutMs: 5_000 }),
  () => host.replicationSettings({ timeoutMs: 5_000 }),
  () => host.jobErrors('J', { timeoutMs: 5_000 }),
];

it(`any of ${RUNS} mutated answers is either read or a FailbackError that tells whether the request left`, async () => {
  let run = 0;
  const seen = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(mutation, async (mutated) => {
      const call = CALLS[run % CALLS.length];
      run += 1;
      asked = 0;
      current = mutated;
      try {
        await call?.();
        seen.read += 1;
      } catch (error) {
        seen.refused += 1;
        expect(error).toBeInstanceOf(FailbackError);
        if (error instanceof FailbackError) {
          expect(error.code).not.toBe('internal');
          expect(error.message).toMatch(/\w/);
          if (CHANGES.includes(call))
            expect(error.details).toMatchObject({
              sent: error.class === 'reconcile' || error.code === 'host.not-found' ? expect.any(Boolean) : false,
            });
        }
      }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(seen.read).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(100);
});
