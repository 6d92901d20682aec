import type { CimHost } from '../cim.ts';
import { faults } from './fault.ts';
import { ACTION } from './namespaces.ts';
import type { Operation, WireHost } from './operation.ts';
import type { SoapRequest } from './soap-request.ts';

const CONFIGURATION = 'http://schemas.microsoft.com/wbem/wsman/1/config';

export function isConfiguration({ resourceUri }: SoapRequest): boolean {
  return resourceUri?.toLowerCase() === CONFIGURATION;
}

/** Get of `winrm/config`: in the shape of MS-WSMV 2.2.4.10 and 2.2.4.36, the parts about clients and shells left out. */
export function configurationOperation({ host }: WireHost, { messageId }: SoapRequest): Operation {
  return {
    info: { kind: 'get', className: null, method: null, vmId: null, messageId },
    carryOut: () => {
      if (!host.mayReadConfiguration) throw faults.accessDenied();
      return { action: `${ACTION.get}Response`, body: configurationXml(host) };
    },
  };
}

function configurationXml({ maxEnvelopeBytes }: CimHost): string {
  return (
    `<cfg:Config xmlns:cfg="${CONFIGURATION}">` +
    `<cfg:MaxEnvelopeSizekb>${maxEnvelopeBytes / 1024}</cfg:MaxEnvelopeSizekb><cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms>` +
    '<cfg:MaxBatchItems>32000</cfg:MaxBatchItems><cfg:MaxProviderRequests>4294967295</cfg:MaxProviderRequests>' +
    '<cfg:Service><cfg:RootSDDL>O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)</cfg:RootSDDL>' +
    '<cfg:MaxConcurrentOperations>4294967295</cfg:MaxConcurrentOperations>' +
    '<cfg:MaxConcurrentOperationsPerUser>1500</cfg:MaxConcurrentOperationsPerUser>' +
    '<cfg:EnumerationTimeoutms>240000</cfg:EnumerationTimeoutms><cfg:MaxConnections>300</cfg:MaxConnections>' +
    '<cfg:MaxPacketRetrievalTimeSeconds>120</cfg:MaxPacketRetrievalTimeSeconds></cfg:Service></cfg:Config>'
  );
}
