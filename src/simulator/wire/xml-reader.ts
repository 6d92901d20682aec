import { SaxesParser } from 'saxes';

const MAX_DEPTH = 100;

/** An element with its namespace resolved. Comments and processing instructions are gone. */
export interface XmlElement {
  readonly namespace: string;
  readonly localName: string;
  /** By `localName` for attributes without a namespace, `{namespace}localName` for the others; without namespace declarations. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, CDATA included, descendants' excluded. */
  readonly text: string;
}

/** The document is not well-formed, or is of a kind this server refuses to read. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

interface OpenElement {
  namespace: string;
  localName: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

/**
 * Parses a whole document. Throws {@link XmlError} for anything not well-formed, for a DOCTYPE (so there are no entities
 * beside the five of XML) and for nesting deeper than {@link MAX_DEPTH}. The caller bounds the size.
 */
export function readXml(document: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (error) => {
    throw new XmlError(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlError('A document type declaration is not accepted.');
  });
  parser.on('opentag', (tag) => {
    if (open.length >= MAX_DEPTH) throw new XmlError(`Elements are nested deeper than ${MAX_DEPTH}.`);
    const attributes = new Map<string, string>();
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix === 'xmlns' || attribute.name === 'xmlns') continue;
      attributes.set(attribute.uri === '' ? attribute.local : `{${attribute.uri}}${attribute.local}`, attribute.value);
    }
    const element: OpenElement = { namespace: tag.uri, localName: tag.local, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  const append = (text: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += text;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  parser.write(document).close();
  if (root === undefined) throw new XmlError('The document has no element.');
  return root;
}

/** The first child of that name, in any of the given namespaces (or in any at all, when none is given). */
export function childOf(parent: XmlElement, localName: string, ...namespaces: readonly string[]): XmlElement | undefined {
  return parent.children.find(
    (child) => child.localName === localName && (namespaces.length === 0 || namespaces.includes(child.namespace)),
  );
}
