import { describe, expect, test } from 'vitest';
import { explore, STUCK, tell } from './check.ts';
import { Model } from './model.ts';
import type { Bounds, Rules } from './step.ts';

const ONCE: Bounds = {
  crash: 1,
  freeze: 1,
  'queue lost': 1,
  'watch lost': 1,
  'job doubled': 1,
  'redis restarts': 1,
  'redis answer lost': 1,
  'request lost': 1,
  'answer lost': 1,
  'answer late': 1,
  'not sent': 1,
  'needless sweep': 1,
  pause: 1,
};
const CLAIMS: Bounds = { 'redis loses hand-overs and claims': 1 };
const { freeze: _, 'redis restarts': __, ...SWIFT } = ONCE;
const ON_THE_WAY: Bounds = { 'request lost': 1, 'answer lost': 2, 'answer late': 2, 'not sent': 2 };

/** What the product promises, with troubles bounded in kind and number. */
const SMALL: Readonly<Record<string, Bounds>> = {
  'no trouble': {},
  'any trouble once': { ...ONCE, together: 1 },
  'a worker is killed, and an answer comes late': { crash: 1, 'answer late': 1 },
  'Redis loses hand-overs and claims': CLAIMS,
  'decisions and commits apart, a worker sleeps': { freeze: 1, decidesApart: true },
};
const FULL: Readonly<Record<string, Bounds>> = {
  ...SMALL,
  'any two troubles together': { ...ONCE, crash: 2, freeze: 2, together: 2 },
  'three troubles together, the swift ones': { ...SWIFT, crash: 2, together: 3 },
  'four troubles together, of kills and calls': { crash: 2, 'queue lost': 1, ...ON_THE_WAY, together: 4 },
};

const isFull = process.env.PROTOCOL === 'full';

describe('every interleaving keeps every promise', () => {
  test.each(Object.entries(isFull ? FULL : SMALL))(
    '%s',
    (name, bounds) => {
      const { states, transitions, broken } = explore(new Model(bounds));
      console.log(`protocol: ${name}: ${states} states, ${transitions} transitions`);
      expect(broken && `${broken.promise}\n${tell(broken.trace)}`).toBeNull();
    },
    1_800_000,
  );
});

const COUNTED = 'completed means counted once';
const GIVEN_UP = 'nothing is given up while it works on the host';
const SINGLE = 'no more than one process is at work on a call';
const ALONE = 'a request leaves only while no other is in the air and nothing is at work or done on the host';

/** The same with a rule taken away: each is there for a reason. */
const BREAKS: readonly (readonly [what: string, without: Partial<Rules>, bounds: Bounds, promise: string])[] = [
  ['a token may be claimed again', { claims: false }, { 'job doubled': 1 }, SINGLE],
  ['a claim does not ask for the epoch', { epochs: false }, CLAIMS, SINGLE],
  ['a call that may have been made is made without a look', { looksFirst: false }, { crash: 1 }, ALONE],
  ['a claim may be used however old it is', { sendWindow: false }, { freeze: 1 }, ALONE],
  ['one look without delay is believed', { doubtTime: false }, { 'answer late': 1 }, COUNTED],
  ['reports are taken whatever their token', { tokens: false }, { freeze: 1 }, GIVEN_UP],
  ['commits do not compare revisions', { revisions: false }, { freeze: 1 }, COUNTED],
  ['nobody hands over what got lost on the way', { outbox: false, sweepsDue: false }, { crash: 1 }, STUCK],
  ['nobody queues calls again', { sweepsDue: false }, { 'queue lost': 1 }, STUCK],
  ['nobody frees a job that is stuck', { unsticks: false, stalls: false }, { crash: 1 }, STUCK],
];

describe('a rule that is taken away is missed', () => {
  test.each(BREAKS)('%s', (_what, without, bounds, promise) => {
    expect(explore(new Model(bounds, without)).broken?.promise).toBe(promise);
  });

  /** Nets under nets: what one of them misses another one finds. They are kept because they find it sooner. */
  test.each<[string, Partial<Rules>]>([
    ['the outbox', { outbox: false }],
    ['the sweep of claims', { sweepsClaims: false }],
    ['the return of stalled jobs', { stalls: false }],
  ])('%s alone is not: something else does the same, later', (_what, without) => {
    expect(explore(new Model({ crash: 1 }, without)).broken).toBeNull();
  });
});

describe('a Redis that loses commits', () => {
  const bounds: Bounds = { 'redis loses commits': 1 };
  /** A call is made beside one that was forgotten, and is still on its way. */
  const forgetful: readonly (readonly [string, Partial<Rules>])[] = [
    ['without any rule about it', { freshTokens: false, calm: 'never asked' }],
    ['when only tokens are new', { calm: 'never asked' }],
  ];
  /** The look may have begun before the forgotten request came, and be committed when what is intended is in doubt no more. */
  const slow = ['when the time of doubt is counted from the commit', { calm: 'commit' }] as const;

  test.each(isFull ? [...forgetful, slow] : forgetful)(
    'has a call made beside one it has forgotten, %s',
    (_what, rules) => {
      expect(explore(new Model(bounds, rules)).broken?.promise).toBe(SINGLE);
    },
    600_000,
  );

  test.runIf(isFull)(
    'does not, when the time of doubt is counted from the beginning of the look',
    () => {
      const { states, transitions, broken } = explore(new Model(bounds));
      console.log(`protocol: Redis loses commits, the beginning of the look counts: ${states} states, ${transitions} transitions`);
      expect(broken && `${broken.promise}\n${tell(broken.trace)}`).toBeNull();
    },
    1_800_000,
  );
});
