import { FailbackError } from '../../domain/failure.ts';

/** XML text that is already escaped: the only thing that may be put inside other XML. */
export interface Xml {
  readonly xml: string;
}

/**
 * What happens to a carriage return, which every XML parser would otherwise turn into a line feed:
 * - `refuse`: in the message itself, because not all servers understand character references (OMI does not)
 * - `reference`: in a document that travels as text inside the message and is read by a parser of its own
 */
export type CarriageReturn = 'refuse' | 'reference';

/** What XML 1.0 cannot carry: control characters except tab and line ends, two non-characters, halves of surrogate pairs. */
const ILLEGAL = /[^\P{Cc}\t\n\r\u007F-\u009F]|[\uFFFE\uFFFF]|\p{Cs}/u;

/**
 * Character data: `&`, `<`, `>` escaped, everything else raw.
 * @throws FailbackError `plan.invalid` for characters XML cannot carry (control characters, half a surrogate pair)
 */
export function text(value: string, carriageReturn: CarriageReturn = 'refuse'): Xml {
  return { xml: escaped(value, carriageReturn).replace(/>/g, '&gt;') };
}

/** An element. `name` and attribute names are fixed texts of ours; attribute values are escaped here, children must be {@link Xml}. */
export function element(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Xml[]): Xml {
  return write(name, attributes, children, 'refuse');
}

/** As {@link element}, for documents that travel as text: tabs and line ends in attributes survive as references. */
export function embeddedElement(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Xml[]): Xml {
  return write(name, attributes, children, 'reference');
}

function write(name: string, attributes: Readonly<Record<string, string>>, children: readonly Xml[], blanks: CarriageReturn): Xml {
  let opening = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) opening += ` ${key}="${attributeValue(value, blanks)}"`;
  if (children.length === 0) return { xml: `${opening}/>` };
  return { xml: `${opening}>${children.map((each) => each.xml).join('')}</${name}>` };
}

function attributeValue(value: string, blanks: CarriageReturn): string {
  const result = escaped(value, blanks).replace(/"/g, '&quot;');
  if (!/[\t\n]/.test(result)) return result;
  if (blanks === 'refuse') throw unsendable('a line end or tab in a name');
  return result.replace(/\t/g, '&#9;').replace(/\n/g, '&#10;');
}

function escaped(value: string, carriageReturn: CarriageReturn): string {
  if (ILLEGAL.test(value)) throw unsendable('a character that XML cannot carry');
  const result = value.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  if (!result.includes('\r')) return result;
  if (carriageReturn === 'refuse') throw unsendable('a carriage return');
  return result.replace(/\r/g, '&#13;');
}

function unsendable(what: string): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'plan.invalid',
    message: `A value for a WS-Management request contains ${what}, so it was not sent`,
    remedy: 'Remove control characters from the plan (recovery points, names); the value itself is not shown on purpose.',
    details: { sent: false },
  });
}
