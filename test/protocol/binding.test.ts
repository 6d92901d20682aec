import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { explore } from './check.ts';
import { Model } from './model.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORLD = ['BullMQ', 'host', 'trouble'];

interface Part {
  readonly file: string;
  /** Members of the class that take steps in the model, and those that do not, with the reason. */
  readonly steps: readonly string[];
  readonly others: Readonly<Record<string, string>>;
}

const NO_STEP = 'has no effect of its own: a part of a step, or only reads';

/** A member that is added to one of these classes must be found a place here, and perhaps in the model. */
const CLASSES: Readonly<Record<string, Part>> = {
  Runtime: {
    file: 'src/runtime/runtime.ts',
    steps: ['advance', '#wasOurs', 'handOverAgain', '#watchAgain'],
    others: {
      claim: 'is claim.lua',
      '#commit': 'is commit.lua',
      '#afterCommit': 'is Dispatcher.handOver',
      ...none('read', 'whereLive', 'member', 'committer', '#byHostKey', 'forget', 'forgetRows', 'close'),
    },
  },
  Dispatcher: {
    file: 'src/runtime/dispatcher.ts',
    steps: ['handOver'],
    others: {
      queueAgain: 'is Sweep.#unstick',
      forget: 'when a run has ended',
      ...none('activeCalls', 'close', '#queue', '#callJobs'),
    },
  },
  Sweep: {
    file: 'src/runtime/sweep.ts',
    steps: ['#outbox', '#claims', '#look', '#unstick', 'fireTimers'],
    others: { sweep: 'all of these', '#due': 'calls #look for everything that is due' },
  },
  CallRunner: { file: 'workers/call-runner.ts', steps: ['run', '#call'], others: {} },
  HostPoller: {
    file: 'workers/host-poller.ts',
    steps: ['#look'],
    others: none(),
  },
  LookTeller: { file: 'workers/look-teller.ts', steps: [], others: { ...none('tellAll'), '#tell': 'is Runtime.advance' } },
  Admission: { file: 'src/runtime/admission.ts', steps: ['admit'], others: none() },
};

/** Classes of which only a part belongs to the protocol. */
const IN_PART = ['HostPoller', 'Admission'];

function none(...members: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(members.map((member) => [member, NO_STEP]));
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Names of the methods of a class as written; accessors and constructors are none. */
function methodsOf(file: string, name: string): readonly string[] {
  const { body } = parseAst(readFileSync(join(ROOT, file), 'utf8'), { lang: 'ts' }) as unknown as { readonly body: readonly Node[] };
  const classes = body.map((node) => (node.declaration ?? node) as Node).filter(({ type }) => type === 'ClassDeclaration');
  const found = classes.find(({ id }) => (id as Node).name === name);
  if (!found) throw new Error(`${file} has no class ${name}`);
  return ((found.body as Node).body as readonly Node[])
    .filter(({ type, kind }) => type === 'MethodDefinition' && kind === 'method')
    .map(({ key }) => key as Node)
    .map((key) => (key.type === 'PrivateIdentifier' ? `#${key.name}` : String(key.name)));
}

describe('the model and the product', () => {
  test.each(Object.entries(CLASSES))(
    'every method of %s has a place in the model, or a reason to have none',
    (name, { file, steps, others }) => {
      const methods = methodsOf(file, name);
      expect(methods).toEqual(expect.arrayContaining([...steps]));
      if (!IN_PART.includes(name)) expect([...methods].sort()).toEqual([...steps, ...Object.keys(others)].sort());
    },
  );

  test('every step of the model is one of the product or of the world around it, and every one is taken', () => {
    const bounds = { crash: 1, 'redis answer lost': 1, 'queue lost': 1, together: 1 };
    const { stepsOf } = explore(new Model(bounds));
    const product = Object.entries(CLASSES).flatMap(([name, { steps }]) => steps.map((step) => `${name}.${step}`));
    expect([...stepsOf].sort()).toEqual([...product, ...WORLD, 'claim.lua', 'commit.lua'].sort());
  });

  test('the scripts give the answers the model knows', () => {
    const text = (script: string): string => readFileSync(join(ROOT, 'src/runtime/lua', script), 'utf8');
    const answers = (found: Iterable<RegExpMatchArray>): readonly string[] =>
      [...new Set([...found].map(([, answer]) => answer as string))].sort();
    // 2 and 3 are the terms of an admission and a run that is gone: the model has one member, and no end of its run.
    expect(answers(text('commit.lua').matchAll(/return (\d)\b/g))).toEqual(['0', '1', '2', '3']);
    expect(answers(text('claim.lua').matchAll(/result \+ 1\] = '?(\w+)'?/g))).toEqual(['dead', 'doubt', 'holder', 'yes']);
  });
});
