/** XML namespaces and fixed URIs of WS-Management 1.x as Windows, OMI and Openwsman use them. */
export const NS = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  enumeration: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
  transfer: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  winrm: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  identity: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
} as const;

export const ANONYMOUS = `${NS.addressing}/role/anonymous`;
export const WQL_DIALECT = 'http://schemas.microsoft.com/wbem/wsman/1/WQL';
export const WMI_BASE = 'http://schemas.microsoft.com/wbem/wsman/1/wmi';
export const CIM_SCHEMA_BASE = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';
