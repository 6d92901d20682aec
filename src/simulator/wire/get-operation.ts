import { configurationOperation, isConfiguration } from './configuration.ts';
import { ACTION, NS } from './namespaces.ts';
import { type Operation, vmIdIn, type WireHost } from './operation.ts';
import { parseResourceUri, requireClass } from './resource-uri.ts';
import { selectInstance } from './selection.ts';
import type { SoapRequest } from './soap-request.ts';
import { escapeText } from './xml-text.ts';

/** Get: the one instance that the selectors match, or WinRM's configuration. */
export function getOperation(wire: WireHost, request: SoapRequest): Operation {
  if (isConfiguration(request)) return configurationOperation(wire, request);
  const { host, instanceXml } = wire;
  const { form, namespace, className } = parseResourceUri(request.resourceUri ?? '', request.cimNamespace);
  return {
    info: {
      kind: 'get',
      className,
      method: null,
      vmId: vmIdIn(request.selectors.map(({ name, value }) => [name, value] as const)),
      messageId: request.messageId,
    },
    carryOut: () => {
      const instance = selectInstance(host, requireClass(host, namespace, className), request.selectors);
      return { action: `${ACTION.get}Response`, body: instanceXml.element(form, instance) };
    },
  };
}

/** The answer to Identify. To somebody who has not logged on, Windows does not tell its version. */
export function identifyAnswer(isAuthenticated: boolean): string {
  const version = `OS: ${isAuthenticated ? '10.0.17763' : '0.0.0'} SP: 0.0 Stack: 3.0`;
  return (
    `<s:Envelope xmlns:s="${NS.soap}" xmlns:wsmid="${NS.identity}"><s:Header/><s:Body><wsmid:IdentifyResponse>` +
    `<wsmid:ProtocolVersion>${NS.wsman}</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>` +
    `<wsmid:ProductVersion>${escapeText(version)}</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>`
  );
}
