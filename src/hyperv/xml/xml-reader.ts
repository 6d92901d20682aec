import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser } from 'saxes';

/** One element. Names are namespace URI and local name: prefixes are gone, no reader may depend on them. */
export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  /** `xsi:nil` is "true" or "1": the value is null, which is not the same as an empty element. */
  readonly nil: boolean;
  /** By local name, whatever the namespace; null where the element has none (the usual case, kept cheap). */
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly children: readonly XmlElement[];
  /** The element's own character data (text and CDATA, entities resolved), without that of its children. */
  readonly text: string;
}

export interface XmlLimits {
  /** Nesting; default 64. */
  readonly depth?: number;
  /** Elements in the whole document; default 1,000,000. */
  readonly elements?: number;
  /** Refuse a declared encoding other than UTF-8 (or its subset ASCII); default true. Text that was embedded in text may declare anything. */
  readonly utf8Only?: boolean;
}

/** The document is not XML we accept. Carries a reason only, never a piece of the document. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
}

interface OpenElement {
  uri: string;
  local: string;
  nil: boolean;
  attributes: Record<string, string> | null;
  children: XmlElement[];
  text: string;
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
/** On one element, declarations of namespaces included. */
const MAX_ATTRIBUTES = 1_000;

const NO_CHILDREN: XmlElement[] = [];

/**
 * Parses a whole document with namespaces. Document type declarations are refused, so there are no entities but XML's own
 * five and nothing can be expanded or fetched.
 * @throws XmlRefused when it is not well-formed, has a DOCTYPE or passes a limit (1,000 attributes on one element, and those of `limits`)
 */
export function parseXml(text: string, limits: XmlLimits = {}): XmlElement {
  const { parser, end } = readerOf(limits);
  parser.write(text);
  return end();
}

/** What is parsed in one turn of the event loop, characters: a few milliseconds. */
const PART = 32_768;

/** {@link parseXml} of a document of any size that leaves the process time for everything else in between. Rejects as that throws. */
export async function parseXmlInParts(text: string, limits: XmlLimits = {}): Promise<XmlElement> {
  const { parser, end } = readerOf(limits);
  for (let from = 0; from < text.length; from += PART) {
    if (from > 0) await nextTurn();
    parser.write(text.slice(from, from + PART));
  }
  return end();
}

/** @returns a parser, and what its document is when everything has been written to it */
function readerOf(limits: XmlLimits): { readonly parser: SaxesParser<{ xmlns: true }>; readonly end: () => XmlElement } {
  const maxDepth = limits.depth ?? 64;
  const maxElements = limits.elements ?? 1_000_000;
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const stack: OpenElement[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let attributes = 0;

  parser.on('error', (error) => {
    throw new XmlRefused(`not well-formed XML (${shortReason(error)})`);
  });
  parser.on('doctype', () => {
    throw new XmlRefused('a document type declaration is not allowed');
  });
  if (limits.utf8Only ?? true) {
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding))
        throw new XmlRefused('the XML declaration names an encoding other than UTF-8');
    });
  }
  // What an element is made of is kept until it is complete, so it is counted before.
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > MAX_ATTRIBUTES) throw new XmlRefused(`more than ${MAX_ATTRIBUTES} attributes on one element`);
  });
  parser.on('opentag', (tag) => {
    attributes = 0;
    elements += 1;
    if (elements > maxElements) throw new XmlRefused(`more than ${maxElements} elements`);
    if (stack.length >= maxDepth) throw new XmlRefused(`nested deeper than ${maxDepth} levels`);
    const element: OpenElement = { uri: tag.uri, local: tag.local, nil: false, attributes: null, children: NO_CHILDREN, text: '' };
    for (const key in tag.attributes) {
      const attribute = tag.attributes[key];
      if (attribute === undefined || attribute.prefix === 'xmlns' || attribute.name === 'xmlns') continue;
      if (attribute.uri === XSI && attribute.local === 'nil') element.nil = attribute.value === 'true' || attribute.value === '1';
      element.attributes ??= Object.create(null) as Record<string, string>;
      element.attributes[attribute.local] = attribute.value;
    }
    const parent = stack[stack.length - 1];
    if (parent === undefined) root = element;
    else if (parent.children === NO_CHILDREN) parent.children = [element];
    else parent.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => {
    stack.pop();
  });
  const append = (data: string): void => {
    const open = stack[stack.length - 1];
    if (open !== undefined) open.text += data;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  const end = (): XmlElement => {
    parser.close();
    if (root === null) throw new XmlRefused('no root element');
    return root;
  };
  return { parser, end };
}

/** First child with this local name, whatever its namespace. */
export function child(element: XmlElement | undefined, local: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.local === local);
}

/** Follows local names downwards, first match each. */
export function descend(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let current = element;
  for (const local of path) current = child(current, local);
  return current;
}

/** All elements below (and not including) this one, document order. */
export function descendants(element: XmlElement): readonly XmlElement[] {
  const found: XmlElement[] = [];
  const collect = ({ children }: XmlElement): void => {
    for (const each of children) {
      found.push(each);
      collect(each);
    }
  };
  collect(element);
  return found;
}

/** The parser quotes what it stumbled over; only its own words are passed on. */
function shortReason(error: Error): string {
  return error.message
    .replace(/^(\d+:)*\s*/, '')
    .replace(/[:"'<].*$/s, '')
    .trim()
    .slice(0, 80);
}
