import { SaxesParser } from 'saxes';
import type { CimInstance, CimPropertyDefinition, CimScalar } from '../cim.ts';

/** An instance as CIM-XML text carries it: class name and properties, values as text. */
export interface EmbeddedInstance {
  readonly className: string;
  readonly properties: ReadonlyMap<string, string | null | readonly string[]>;
}

/**
 * Reads CIM-XML `<INSTANCE CLASSNAME="…">` text. Property names keep their case; nested elements that are not properties are ignored.
 * @returns null when the text is not well-formed XML or its root is not INSTANCE
 */
export function parseEmbeddedInstance(text: string): EmbeddedInstance | null {
  const parser = new SaxesParser({});
  const properties = new Map<string, string | null | readonly string[]>();
  const path: string[] = [];
  let className: string | null = null;
  let broken = false;
  let property: { name: string; values: string[]; array: boolean } | null = null;
  let value = '';
  parser.on('error', () => {
    broken = true;
  });
  parser.on('opentag', (tag) => {
    path.push(tag.name);
    if (path.length === 1 && tag.name === 'INSTANCE') className = tag.attributes.CLASSNAME ?? null;
    if (path.length === 2 && tag.name.startsWith('PROPERTY')) {
      property = { name: tag.attributes.NAME ?? '', values: [], array: tag.name === 'PROPERTY.ARRAY' };
    }
    if (tag.name === 'VALUE') value = '';
  });
  const addText = (chunk: string): void => {
    if (path.at(-1) === 'VALUE') value += chunk;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', (tag) => {
    path.pop();
    if (tag.name === 'VALUE') property?.values.push(value);
    if (property && path.length === 1) {
      properties.set(property.name, property.array ? property.values : (property.values[0] ?? null));
      property = null;
    }
  });
  try {
    parser.write(text.trim()).close();
  } catch {
    return null;
  }
  return broken || className === null ? null : { className, properties };
}

/** Writes an instance as CIM-XML text; properties without a value are left out, as WMI does. */
export function writeEmbeddedInstance(instance: CimInstance): string {
  const written = instance.class.properties.map((property) => {
    const value = instance.values[property.name] ?? null;
    if (value === null) return '';
    const values = (Array.isArray(value) ? value : [value])
      .map((one: CimScalar) => `<VALUE>${escapeXml(scalarText(one))}</VALUE>`)
      .join('');
    const tag = property.array ? 'PROPERTY.ARRAY' : 'PROPERTY';
    const body = property.array ? `<VALUE.ARRAY>${values}</VALUE.ARRAY>` : values;
    return `<${tag} NAME="${property.name}" TYPE="${xmlType(property)}">${body}</${tag}>`;
  });
  return `<INSTANCE CLASSNAME="${instance.class.name}">${written.join('')}</INSTANCE>`;
}

function xmlType(property: CimPropertyDefinition): string {
  return property.type === 'reference' ? 'string' : property.type;
}

function scalarText(value: CimScalar): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value !== 'object') return String(value);
  const keys = Object.entries(value.keys).map(([name, key]) => `${name}="${key.replace(/[\\"]/g, '\\$&')}"`);
  return `${value.namespace}:${value.className}.${keys.join(',')}`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;');
}
