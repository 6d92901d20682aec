import type { Enumeration, EnumerationMode } from './enumeration-store.ts';
import { envelope } from './envelope.ts';
import { faults } from './fault.ts';
import { ACTION, WQL_DIALECT } from './namespaces.ts';
import { type Answer, answerLimit, type Operation, vmIdIn, type WireHost } from './operation.ts';
import { type PageLimits, takePage } from './page.ts';
import { type QueryResult, readQuery, runQuery } from './query.ts';
import { parseResourceUri, type Resource, requireClass } from './resource-uri.ts';
import type { SoapRequest } from './soap-request.ts';
import { pinnedKeys } from './wql-evaluate.ts';
import type { WqlQuery } from './wql-syntax.ts';
import { childOf, type XmlElement } from './xml-reader.ts';

const MODES: ReadonlyMap<string, EnumerationMode> = new Map([
  ['EnumerateObject', 'object'],
  ['EnumerateEPR', 'epr'],
  ['EnumerateObjectAndEPR', 'object-and-epr'],
]);

/** Enumerate: all instances of a class, or a WQL query; with OptimizeEnumeration the first page comes with the answer. */
export function enumerateOperation(wire: WireHost, request: SoapRequest): Operation {
  const body = requirePayload(request, 'Enumerate');
  const resource = parseResourceUri(request.resourceUri ?? '', request.cimNamespace);
  const query = readFilter(body);
  if (query === null && resource.className === '*') throw faults.cannotProcessFilter('a query over a namespace needs a WQL filter');
  const modeName = childOf(body, 'EnumerationMode')?.text.trim() ?? 'EnumerateObject';
  const mode = MODES.get(modeName);
  if (mode === undefined) throw faults.unsupportedFeature(`The enumeration mode ${modeName} is not known.`, 'EnumerationMode');
  const optimized = childOf(body, 'OptimizeEnumeration') !== undefined;
  const maxElements = readCount(body, 'MaxElements') ?? 1;
  return {
    info: {
      kind: 'enumerate',
      className: query === null ? resource.className : classOf(query),
      method: null,
      vmId: query === null ? null : vmOf(wire, resource, query),
      messageId: request.messageId,
    },
    carryOut: () => {
      const { instances, projection } = fetchInstances(wire, resource, query);
      const enumeration: Enumeration = {
        className: instances[0]?.class.name ?? resource.className,
        form: resource.form,
        mode,
        projection,
        instances,
        next: 0,
      };
      if (!optimized) return enumerateAnswer(contextXml(wire.enumerations.open(enumeration)));
      const items = takePage(enumeration, pageLimits(wire, request, maxElements), wire.instanceXml);
      const ended = enumeration.next >= instances.length;
      const context = contextXml(ended ? '' : wire.enumerations.open(enumeration));
      return enumerateAnswer(`${context}<w:Items>${items}</w:Items>${ended ? '<w:EndOfSequence/>' : ''}`);
    },
  };
}

/** Pull: exactly one item unless MaxElements asks for more. The enumeration is known by its context alone. */
export function pullOperation(wire: WireHost, request: SoapRequest): Operation {
  const body = requirePayload(request, 'Pull');
  const context = requireContext(body);
  const limits = pageLimits(wire, request, readCount(body, 'MaxElements') ?? 1, readCount(body, 'MaxCharacters'));
  return {
    info: infoAbout('pull', wire, context, request),
    carryOut: () => {
      const enumeration = wire.enumerations.use(context);
      const items = `<n:Items>${takePage(enumeration, limits, wire.instanceXml)}</n:Items>`;
      const ended = enumeration.next >= enumeration.instances.length;
      if (ended) wire.enumerations.release(context);
      const content = ended ? `${items}<n:EndOfSequence/>` : `${contextXml(context)}${items}`;
      return { action: `${ACTION.pull}Response`, body: `<n:PullResponse>${content}</n:PullResponse>` };
    },
  };
}

/** Release: ends an enumeration before its time. */
export function releaseOperation(wire: WireHost, request: SoapRequest): Operation {
  const context = requireContext(requirePayload(request, 'Release'));
  return {
    info: infoAbout('release', wire, context, request),
    carryOut: () => {
      wire.enumerations.release(context);
      return { action: `${ACTION.release}Response`, body: '' };
    },
  };
}

function infoAbout(kind: 'pull' | 'release', wire: WireHost, context: string, { messageId }: SoapRequest): Operation['info'] {
  return { kind, className: wire.enumerations.peek(context)?.className ?? null, method: null, vmId: null, messageId };
}

function requirePayload({ payload }: SoapRequest, localName: string): XmlElement {
  if (payload?.localName !== localName) throw faults.invalidBody(`it must hold ${localName}`);
  return payload;
}

function requireContext(body: XmlElement): string {
  const context = childOf(body, 'EnumerationContext')?.text.trim();
  if (context === undefined || context === '') throw faults.invalidContext();
  return context;
}

function readFilter(body: XmlElement): WqlQuery | null {
  const filter = childOf(body, 'Filter');
  if (filter === undefined) return null;
  const dialect = filter.attributes.get('Dialect') ?? 'none given';
  if (dialect !== WQL_DIALECT) throw faults.dialectUnavailable(dialect);
  return readQuery(filter.text);
}

function readCount(body: XmlElement, localName: string): number | null {
  const element = childOf(body, localName);
  if (element === undefined) return null;
  const text = element.text.trim();
  if (!/^\d{1,10}$/.test(text) || Number(text) === 0) throw faults.invalidBody(`${localName} must be a positive whole number`);
  return Number(text);
}

function fetchInstances({ host }: WireHost, resource: Resource, query: WqlQuery | null): QueryResult {
  if (query !== null) return runQuery(host, resource.namespace, query);
  return { instances: [...host.instances(requireClass(host, resource.namespace, resource.className))], projection: null };
}

/** What is left for items when the rest of the largest possible answer around them is written. */
function pageLimits(wire: WireHost, request: SoapRequest, maxElements: number, maxCharacters: number | null = null): PageLimits {
  const around = envelope(
    `${ACTION.enumerate}Response`,
    request.messageId,
    `<n:EnumerateResponse>${contextXml('uuid:00000000-0000-0000-0000-000000000000')}<w:Items></w:Items><w:EndOfSequence/></n:EnumerateResponse>`,
  );
  return {
    maxElements,
    maxCharacters: maxCharacters ?? Number.POSITIVE_INFINITY,
    maxBytes: answerLimit(wire, request) - Buffer.byteLength(around),
  };
}

const contextXml = (context: string): string => `<n:EnumerationContext>${context}</n:EnumerationContext>`;

function enumerateAnswer(content: string): Answer {
  return { action: `${ACTION.enumerate}Response`, body: `<n:EnumerateResponse>${content}</n:EnumerateResponse>` };
}

function classOf(query: WqlQuery): string {
  return query.kind === 'select' ? query.className : (query.resultClass ?? query.source.className);
}

function vmOf({ host }: WireHost, { namespace }: Resource, query: WqlQuery): string | null {
  if (query.kind === 'associators') return vmIdIn(query.source.keys.map(({ name, value }) => [name ?? 'InstanceID', value] as const));
  const cls = host.class(namespace, query.className);
  const pins = cls === undefined ? null : pinnedKeys(query.where, cls);
  return pins?.length === 1 ? vmIdIn(Object.entries(pins[0] ?? {})) : null;
}
