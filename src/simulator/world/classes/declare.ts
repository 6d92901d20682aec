import type { CimClass, CimInstance, CimPropertyDefinition, CimReference, CimType, CimValue } from '../../cim.ts';

export const VIRTUALIZATION = 'root/virtualization/v2';
export const CIMV2 = 'root/cimv2';

/**
 * Declares properties or parameters, one a line: `uint16 EnabledState`, `string Roles[]`, `key string InstanceID`.
 * A reference is written `reference Job`.
 */
function declareProperties(lines: string): CimPropertyDefinition[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(key )?(\w+) (\w+)(\[\])?$/.exec(line);
      if (!match) throw new Error(`not a property declaration: ${line}`);
      const [, key, type, name, array] = match;
      return { name: name as string, type: type as CimType, ...(array ? { array: true } : {}), ...(key ? { key: true } : {}) };
    });
}

/** Declares a class. Methods map a name to the lines of their in-parameters. */
export function declareClass(
  namespace: string,
  name: string,
  properties: string,
  methods: Readonly<Record<string, string>> = {},
): CimClass {
  return {
    namespace,
    name,
    properties: declareProperties(properties),
    methods: Object.fromEntries(Object.entries(methods).map(([method, lines]) => [method, declareProperties(lines)])),
  };
}

const templates = new WeakMap<CimClass, Readonly<Record<string, null>>>();

/**
 * An instance: every property the class has and `values` does not name is null.
 * @throws Error for a property the class does not have
 */
export function instanceOf(cls: CimClass, values: Readonly<Record<string, CimValue>>): CimInstance {
  let template = templates.get(cls);
  if (!template) {
    template = Object.fromEntries(cls.properties.map((property) => [property.name, null]));
    templates.set(cls, template);
  }
  for (const name in values) if (!(name in template)) throw new Error(`${cls.name} has no property ${name}`);
  return { class: cls, values: { ...template, ...values } };
}

/** The reference that names an instance by its keys. */
export function referenceTo(instance: CimInstance): CimReference {
  const keys = instance.class.properties
    .filter((property) => property.key)
    .map((property) => [property.name, String(instance.values[property.name])]);
  return { namespace: instance.class.namespace, className: instance.class.name, keys: Object.fromEntries(keys) };
}
