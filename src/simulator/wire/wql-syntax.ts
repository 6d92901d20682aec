import { type Token, tokenizeWql, WqlError } from './wql-tokens.ts';

/**
 * WQL as far as WS-Management clients use it:
 *
 *     SELECT * | property, … FROM class [WHERE condition]
 *     ASSOCIATORS OF {class.key='value', …} [WHERE AssocClass = class ResultClass = class]
 *
 *     condition  := and (OR and)*          and := not (AND not)*          not := NOT not | ( condition ) | predicate
 *     predicate  := operand (= | != | <> | < | > | <= | >=) operand | operand [NOT] LIKE string | operand IS [NOT] NULL
 *     operand    := property | __SERVER | __CLASS | __PATH | string | number | TRUE | FALSE | NULL
 *
 * Keywords and names are compared without regard to case.
 */
const MAX_NESTING = 100;

export type WqlQuery = SelectQuery | AssociatorsQuery;

export interface SelectQuery {
  readonly kind: 'select';
  readonly className: string;
  /** Null for `*`. */
  readonly properties: readonly string[] | null;
  readonly where: Condition | null;
}

export interface AssociatorsQuery {
  readonly kind: 'associators';
  readonly source: ObjectPath;
  readonly assocClass: string | null;
  readonly resultClass: string | null;
}

/** `class.key=value, …`; the key's name is null in the short form `class='value'`. */
export interface ObjectPath {
  readonly className: string;
  readonly keys: readonly { readonly name: string | null; readonly value: string }[];
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'like'; readonly operand: Operand; readonly pattern: string }
  | { readonly kind: 'is-null'; readonly operand: Operand };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Literal = string | number | bigint | boolean | null;
export type Operand = { readonly kind: 'property'; readonly name: string } | { readonly kind: 'literal'; readonly value: Literal };

/** Parses one query. Throws {@link WqlError}. */
export function parseWql(text: string): WqlQuery {
  const parser = new Parser(tokenizeWql(text));
  const query = parser.takeWord('SELECT') ? parser.select() : parser.associators();
  parser.end();
  return query;
}

/** Parses `class.key="value", …`, with or without `\\server\namespace:` before it. Throws {@link WqlError}. */
export function parseObjectPath(text: string): ObjectPath {
  const parser = new Parser(tokenizeWql(text.replace(/^[^"'{]*:(?=\s*\w+\s*[.=])/, '')));
  const path = parser.objectPath();
  parser.end();
  return path;
}

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  select(): SelectQuery {
    const properties = this.#takeSymbol('*') ? null : this.#list(() => this.#word('a property'));
    this.#expectWord('FROM');
    const className = this.#word('a class name');
    const where = this.takeWord('WHERE') ? this.#condition() : null;
    return { kind: 'select', className, properties, where };
  }

  associators(): AssociatorsQuery {
    this.#expectWord('ASSOCIATORS');
    this.#expectWord('OF');
    this.#expectSymbol('{');
    const source = this.objectPath();
    this.#expectSymbol('}');
    const clauses = new Map<string, string>();
    if (this.takeWord('WHERE')) {
      do {
        const name = this.#word('AssocClass or ResultClass').toLowerCase();
        if ((name !== 'assocclass' && name !== 'resultclass') || clauses.has(name)) this.#fail('AssocClass or ResultClass, each once');
        this.#expectSymbol('=');
        clauses.set(name, this.#word('a class name'));
      } while (this.#peek() !== undefined);
    }
    return { kind: 'associators', source, assocClass: clauses.get('assocclass') ?? null, resultClass: clauses.get('resultclass') ?? null };
  }

  objectPath(): ObjectPath {
    const className = this.#word('a class name');
    if (this.#takeSymbol('=')) return { className, keys: [{ name: null, value: this.#keyValue() }] };
    this.#expectSymbol('.');
    const keys = this.#list(() => {
      const name = this.#word('a key property');
      this.#expectSymbol('=');
      return { name, value: this.#keyValue() };
    });
    return { className, keys };
  }

  end(): void {
    if (this.#peek() !== undefined) this.#fail('the end of the query');
  }

  takeWord(keyword: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'word' || token.text.toUpperCase() !== keyword) return false;
    this.#position += 1;
    return true;
  }

  #condition(): Condition {
    return this.#nested(() => this.#chain('or', 'OR', () => this.#chain('and', 'AND', () => this.#negation())));
  }

  #chain(kind: 'and' | 'or', keyword: string, term: () => Condition): Condition {
    const first = term();
    const terms = [first];
    while (this.takeWord(keyword)) terms.push(term());
    return terms.length === 1 ? first : { kind, terms };
  }

  #negation(): Condition {
    if (this.takeWord('NOT')) return this.#nested(() => ({ kind: 'not', term: this.#negation() }));
    if (!this.#takeSymbol('(')) return this.#predicate();
    const condition = this.#condition();
    this.#expectSymbol(')');
    return condition;
  }

  #predicate(): Condition {
    const left = this.#operand();
    if (this.takeWord('IS')) {
      const negated = this.takeWord('NOT');
      this.#expectWord('NULL');
      return this.#negate(negated, { kind: 'is-null', operand: left });
    }
    const negated = this.takeWord('NOT');
    if (this.takeWord('LIKE')) {
      const pattern = this.#next();
      if (pattern?.kind !== 'string') this.#fail('a pattern in quotes', -1);
      return this.#negate(negated, { kind: 'like', operand: left, pattern: pattern.text });
    }
    const token = this.#next();
    const operator = token?.kind === 'symbol' ? COMPARISONS.get(token.text) : undefined;
    if (operator === undefined || negated) this.#fail('a comparison', -1);
    return { kind: 'compare', operator, left, right: this.#operand() };
  }

  #negate(negated: boolean, term: Condition): Condition {
    return negated ? { kind: 'not', term } : term;
  }

  #operand(): Operand {
    const token = this.#next();
    if (token?.kind === 'string') return { kind: 'literal', value: token.text };
    if (token?.kind === 'number') return { kind: 'literal', value: numberOf(token.text) };
    if (token?.kind !== 'word') this.#fail('a property or a value', -1);
    switch (token.text.toUpperCase()) {
      case 'TRUE':
        return { kind: 'literal', value: true };
      case 'FALSE':
        return { kind: 'literal', value: false };
      case 'NULL':
        return { kind: 'literal', value: null };
      default:
        return { kind: 'property', name: token.text };
    }
  }

  #keyValue(): string {
    const token = this.#next();
    if (token === undefined || token.kind === 'symbol') this.#fail('a key value', -1);
    return token.text;
  }

  #list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#takeSymbol(',')) items.push(item());
    return items;
  }

  #nested<T>(inner: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) throw new WqlError(`it is nested deeper than ${MAX_NESTING}`);
    const result = inner();
    this.#nesting -= 1;
    return result;
  }

  #word(what: string): string {
    const token = this.#next();
    if (token?.kind !== 'word') this.#fail(what, -1);
    return token.text;
  }

  #expectWord(keyword: string): void {
    if (!this.takeWord(keyword)) this.#fail(keyword);
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) this.#fail(`"${symbol}"`);
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'symbol' || token.text !== symbol) return false;
    this.#position += 1;
    return true;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position];
  }

  #next(): Token | undefined {
    this.#position += 1;
    return this.#tokens[this.#position - 1];
  }

  #fail(expected: string, offset = 0): never {
    const token = this.#tokens[this.#position + offset];
    throw new WqlError(`expected ${expected} ${token === undefined ? 'at its end' : `at position ${token.at + 1}`}`);
  }
}

function numberOf(text: string): number | bigint {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}
