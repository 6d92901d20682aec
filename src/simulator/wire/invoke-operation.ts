import type { CimReference, CimValue } from '../cim.ts';
import { faults } from './fault.ts';
import { parameterXml } from './instance-xml.ts';
import { readArguments } from './method-arguments.ts';
import { NS } from './namespaces.ts';
import { type Operation, vmIdIn, type WireHost } from './operation.ts';
import { parseResourceUri, requireClass, resourceUri } from './resource-uri.ts';
import { selectInstance } from './selection.ts';
import type { SoapRequest } from './soap-request.ts';
import type { XmlElement } from './xml-reader.ts';
import { escapeAttribute } from './xml-text.ts';

/**
 * Invoke: action `<ResourceURI>/<Method>`, arguments in METHOD_INPUT (any prefix and namespace; an empty Body is a call without
 * arguments). Methods of a class without keys are static. Throws ActionNotSupported for an action that names no method of the class.
 */
export function invokeOperation({ host }: WireHost, request: SoapRequest): Operation {
  const { form, namespace, className } = parseResourceUri(request.resourceUri ?? '', request.cimNamespace);
  const cls = requireClass(host, namespace, className);
  const slash = request.action.lastIndexOf('/');
  const called = request.action.slice(slash + 1).toLowerCase();
  const method = Object.keys(cls.methods).find((name) => name.toLowerCase() === called);
  const isOfResource = request.action.slice(0, slash).toLowerCase() === request.resourceUri?.toLowerCase();
  const isStatic = !cls.properties.some(({ key }) => key);
  if (method === undefined || !isOfResource) throw faults.actionNotSupported(request.action);
  const args = readArguments(methodInput(request.payload, method), cls.methods[method] ?? [], namespace);
  return {
    info: { kind: 'invoke', className: cls.name, method, vmId: vmOf(request, args), messageId: request.messageId },
    carryOut: async (user) => {
      const target = isStatic ? { class: cls, values: {} } : selectInstance(host, cls, request.selectors);
      const { returnValue, out } = await host.invoke({ target, method, args, messageId: request.messageId, user });
      const uri = escapeAttribute(resourceUri(form, namespace, cls.name));
      const parameters = Object.entries({ ...out, ReturnValue: returnValue }).map(([name, value]) => parameterXml(form, name, value));
      return {
        action: `${request.action}Response`,
        body: `<p:${method}_OUTPUT xmlns:p="${uri}" xmlns:xsi="${NS.xsi}" xmlns:cim="${NS.cimCommon}">${parameters.join('')}</p:${method}_OUTPUT>`,
      };
    },
  };
}

function methodInput(payload: XmlElement | null, method: string): XmlElement | null {
  const expected = `${method}_INPUT`;
  if (payload !== null && payload.localName.toLowerCase() !== expected.toLowerCase()) throw faults.invalidBody(`it must hold ${expected}`);
  return payload;
}

/** The machine whose object the method is called on, or else that of the first reference among the arguments (ComputerSystem first). */
function vmOf({ selectors }: SoapRequest, args: Readonly<Record<string, CimValue>>): string | null {
  const own = vmIdIn(selectors.map(({ name, value }) => [name, value] as const));
  if (own !== null) return own;
  const references = [args.ComputerSystem ?? null, ...Object.values(args)].filter(isReference);
  for (const { keys } of references) {
    const vmId = vmIdIn(Object.entries(keys));
    if (vmId !== null) return vmId;
  }
  return null;
}

function isReference(value: CimValue): value is CimReference {
  return value !== null && typeof value === 'object' && 'keys' in value && 'className' in value;
}
