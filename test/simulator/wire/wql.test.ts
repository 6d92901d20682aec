import fc, {
  array,
  boolean,
  constant,
  constantFrom,
  double,
  integer,
  letrec,
  oneof,
  option,
  property,
  record,
  string,
  tuple,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CimClass, CimInstance, CimValue } from '../../../src/simulator/cim.ts';
import { compileCondition, pinnedKeys } from '../../../src/simulator/wire/wql-evaluate.ts';
import { compileLike } from '../../../src/simulator/wire/wql-like.ts';
import { parseObjectPath, parseWql, type SelectQuery } from '../../../src/simulator/wire/wql-syntax.ts';
import { WqlError } from '../../../src/simulator/wire/wql-tokens.ts';

const cls: CimClass = {
  namespace: 'root/x',
  name: 'Thing',
  properties: [
    { name: 'Name', type: 'string', key: true },
    { name: 'Part', type: 'uint16', key: true },
    { name: 'Text', type: 'string' },
    { name: 'Count', type: 'uint32' },
    { name: 'Big', type: 'uint64' },
    { name: 'On', type: 'boolean' },
    { name: 'When', type: 'datetime' },
    { name: 'Ref', type: 'reference' },
    { name: 'Tags', type: 'string', array: true },
  ],
  methods: {},
};

const values: Record<string, CimValue> = {
  Name: 'Microsoft:ABC\\HVR\\0',
  Part: 1,
  Text: null,
  Count: 10,
  Big: '18446744073709551615',
  On: true,
  When: '20260102030405.000000+060',
  Ref: { namespace: 'root/x', className: 'Other', keys: { Id: 'a\\"b' } },
  Tags: ['red', 'Green'],
};

const where = (text: string) => (parseWql(`SELECT * FROM Thing WHERE ${text}`) as SelectQuery).where;

function holds(text: string, more: Record<string, CimValue> = {}): boolean {
  const condition = where(text);
  if (condition === null) throw new Error('no condition');
  const instance: CimInstance = { class: cls, values: { ...values, ...more } };
  return compileCondition(condition, cls, 'HOST1')(instance);
}

describe('conditions', () => {
  it.each([
    'Count = 10',
    'count=10 ',
    '10 = Count',
    'Count <> 11 AND Count != 12',
    'Count < 11 and Count <= 10 and Count > 9 and Count >= 10',
    "Count = '10'",
    'Count = 10.0',
    'Count > -1.5e1',
    'Big = 18446744073709551615',
    'Big > 18446744073709551614',
    "Big = '18446744073709551615'",
    'On = TRUE and On != false',
    "On = 'true' and On = 1",
    "Name = 'microsoft:abc\\\\hvr\\\\0'",
    "Name = 'microsoft:abc\\hvr\\0'",
    'Name = "MICROSOFT:ABC\\\\HVR\\\\0"',
    "Name LIKE 'microsoft:%\\\\hvr\\\\_'",
    "Name NOT LIKE 'x%'",
    "NOT Name LIKE 'x%'",
    'Text IS NULL AND Name IS NOT NULL',
    'Text = NULL and Name <> NULL',
    "Text != 'x' and not Text = 'x'",
    "NOT (Text > 'a' OR Text < 'a' OR Text LIKE '%')",
    "When = '20260102020405.000000+000'",
    "When > '20260102020404.999999+000' and When < '20260102020405.000001+000'",
    'Ref = \'Other.id="a\\\\\\\\\\\\"b"\'',
    'Ref = \'\\\\\\\\HOST1\\\\root\\\\x:other.Id="A\\\\\\\\\\\\"B"\'',
    "Tags = 'GREEN' and Tags LIKE 'r%'",
    "__SERVER = 'host1' and __CLASS = 'thing'",
    String.raw`__PATH = '\\\\HOST1\\root\\x:thing.Part="1",name="MICROSOFT:abc\\\\hvr\\\\0"'`,
    'Name != __SERVER',
    'Count = 1 OR Count = 10 AND On = TRUE',
    '(Count = 10 OR Count = 1) AND NOT (On = FALSE)',
    "Count = 99 OR (((Name LIKE '%')))",
  ])('hold: %s', (text) => expect(holds(text)).toBe(true));

  it.each([
    'Count = 11',
    "Count = 'ten'",
    "Count < 'ten'",
    'On = 2',
    "Text < 'x'",
    'Text = Name',
    String.raw`__PATH = 'Thing.Part=2,Name="Microsoft:abc\\\\hvr\\\\0"'`,
    'Name = __SERVER',
    "Name LIKE 'HVR'",
    'Count = 10 AND On = FALSE OR Count = 11',
    "Tags = 'blue'",
    'Ref < 1',
    "Count = ''",
  ])('do not hold: %s', (text) => expect(holds(text)).toBe(false));

  it('compare text without regard to case in order, too', () => {
    expect(holds("Text > 'A' AND Text < 'C'", { Text: 'b' })).toBe(true);
  });

  it('are refused for properties the class does not have', () => {
    expect(() => holds('Nope = 1')).toThrow(WqlError);
    expect(() => holds('__RELPATH = 1')).toThrow(WqlError);
  });
});

describe('LIKE', () => {
  it.each([
    ['a%', 'ABC', true],
    ['%c', 'abc', true],
    ['a_c', 'abc', true],
    ['a_c', 'ac', false],
    ['[ab]_[^d-z]', 'bxc', true],
    ['[ab]_[^d-z]', 'bxe', false],
    ['[%]', '%', true],
    ['[%]', 'x', false],
    ['[-a]', '-', true],
    ['[^]x', '^x', true],
    ['[', '[', true],
    ['', '', true],
    ['%', '', true],
    ['_', '😀', true],
    ['a.c', 'abc', false],
    ['%a%b%', 'xxaxxbxx', true],
  ])('%s against %s', (pattern, text, expected) => expect(compileLike(pattern)(text)).toBe(expected));

  it('takes no time worth mentioning on patterns made to take long', () => {
    expect(compileLike(`${'%a'.repeat(200)}b`)('a'.repeat(5000))).toBe(false);
  });
});

describe('queries', () => {
  it('name a class and properties, or all of them', () => {
    expect(parseWql(' select a , B from Thing ')).toEqual({ kind: 'select', className: 'Thing', properties: ['a', 'B'], where: null });
    expect(parseWql('SELECT*FROM Thing')).toMatchObject({ properties: null });
  });

  it('follow associations from an object path', () => {
    expect(parseWql(`ASSOCIATORS OF {A.K='x}\\'y',L=7} where resultclass=C ASSOCCLASS = B`)).toEqual({
      kind: 'associators',
      source: {
        className: 'A',
        keys: [
          { name: 'K', value: "x}'y" },
          { name: 'L', value: '7' },
        ],
      },
      assocClass: 'B',
      resultClass: 'C',
    });
    expect(parseWql('ASSOCIATORS OF {A="x"}')).toMatchObject({
      source: { keys: [{ name: null, value: 'x' }] },
      assocClass: null,
      resultClass: null,
    });
  });

  it.each([
    '',
    'SELECT',
    'SELECT * FROM',
    'SELECT * FROM Thing Thing',
    'SELECT a b FROM Thing',
    'SELECT * FROM Thing WHERE Name =',
    'SELECT * FROM Thing WHERE Name NOT = 1',
    'SELECT * FROM Thing WHERE (Name = 1',
    'SELECT * FROM Thing WHERE Name LIKE 1',
    'SELECT * FROM Thing WHERE Name IS 1',
    'SELECT * FROM Thing WHERE Name = "x\\"',
    'SELECT * FROM Thing WHERE Name = #',
    'ASSOCIATORS OF {A}',
    'ASSOCIATORS OF {A.K=1} WHERE',
    'ASSOCIATORS OF {A.K=1} WHERE Role = X',
    'ASSOCIATORS OF {A.K=1} WHERE AssocClass = X AssocClass = X',
    `SELECT * FROM Thing WHERE ${'NOT '.repeat(200)}Name = 1`,
    `SELECT * FROM Thing WHERE Name = '${'x'.repeat(70_000)}'`,
  ])('are refused when they are not WQL: %.70s', (text) => expect(() => parseWql(text)).toThrow(WqlError));

  it('may have thousands of terms', () => {
    const terms = Array.from({ length: 3000 }, (_, index) => `Count = ${index}`).join(' OR ');
    expect(holds(terms)).toBe(true);
  });

  it('may hold a path with server and namespace', () => {
    expect(parseObjectPath('\\\\HOST\\root\\x:Other.Id="1"')).toEqual({ className: 'Other', keys: [{ name: 'Id', value: '1' }] });
  });
});

describe('pinned keys', () => {
  it.each([
    ["Name = 'a'", [{ Name: 'a' }]],
    ["'a' = name AND Part = 7 AND Count > 1", [{ Name: 'a', Part: '7' }]],
    ["Name != __SERVER AND Name = 'a'", [{ Name: 'a' }]],
    ["Name = 'a' OR Name = 'b'", [{ Name: 'a' }, { Name: 'b' }]],
    ["(Name = 'a' OR Name = 'b') AND Part = 1", [{ Name: 'a' }, { Name: 'b' }]],
    ["Name = 'a' OR Count = 1", null],
    ["NOT Name = 'a'", null],
    ["Name LIKE 'a'", null],
    ['Name = __SERVER', null],
    ['Count = 1', null],
    ['Name = NULL', null],
  ])('of %s', (text, expected) => expect(pinnedKeys(where(text), cls)).toEqual(expected));
});

describe('any query', () => {
  const operand = oneof(
    constantFrom(...cls.properties.map(({ name }) => name), '__SERVER', 'TRUE', 'null', "''", '"\\"\\\\"'),
    integer().map(String),
    double({ noNaN: true, noDefaultInfinity: true }).map(String),
    string().map((text) => `'${text.replace(/[\\']/g, '\\$&')}'`),
  );
  const { condition } = letrec<{ condition: string }>((tie) => ({
    condition: oneof(
      { maxDepth: 4 },
      tuple(operand, constantFrom('=', '!=', '<>', '<', '<=', '>', '>='), operand).map((parts) => parts.join(' ')),
      tuple(operand, string()).map(([left, pattern]) => `${left} LIKE '${pattern.replace(/[\\']/g, '\\$&')}'`),
      operand.map((text) => `${text} IS NOT NULL`),
      tie('condition').map((inner) => `NOT (${inner})`),
      tuple(tie('condition'), constantFrom('AND', 'or'), tie('condition')).map(([left, word, right]) => `(${left}) ${word} (${right})`),
    ),
  }));
  const someValues = record({
    Name: oneof(string(), constant(null)),
    Count: oneof(integer({ min: 0 }), constant(null)),
    Big: option(integer({ min: 0 }).map(String)),
    On: option(boolean()),
    When: option(constantFrom('20260102030405.000000+060', '00000001000000.000000:000', 'garbage')),
    Tags: option(array(string())),
  });

  it('of the grammar parses, evaluates without throwing, and is the opposite of its negation', () => {
    fc.assert(
      property(condition, someValues, (text, more) => {
        expect(holds(`NOT (${text})`, more)).toBe(!holds(text, more));
      }),
    );
  });

  it('that compares a key with a truth value is not looked up by it', () => {
    expect(pinnedKeys(where('TRUE = Part'), cls)).toBeNull();
  });

  it('in a pinned lookup loses no instance', () => {
    fc.assert(
      property(condition, someValues, (text, more) => {
        const pins = pinnedKeys(where(text), cls);
        if (pins === null || !holds(text, more)) return;
        const named: Record<string, CimValue> = { ...values, ...more };
        const candidate = (keys: Record<string, string>) =>
          Object.entries(keys).every(
            ([name, value]) => Number(named[name]) === Number(value) || String(named[name]).toLowerCase() === value.toLowerCase(),
          );
        expect(pins.some(candidate)).toBe(true);
      }),
    );
  });

  it('that is random text is parsed or refused, nothing else', () => {
    fc.assert(
      property(
        oneof(
          string({ unit: 'binary' }),
          string().map((text) => `SELECT * FROM Thing WHERE ${text}`),
        ),
        (text) => {
          try {
            parseWql(text);
          } catch (error) {
            expect(error).toBeInstanceOf(WqlError);
          }
        },
      ),
    );
  });
});
