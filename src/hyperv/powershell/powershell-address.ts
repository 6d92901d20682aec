import { FailbackError } from '../../domain/failure.ts';

/** How PowerShell's CIM session reaches a host. */
export interface PowerShellConnection {
  readonly protocol: 'wsman' | 'dcom';
  readonly computerName: string;
  /** Of WS-Management; DCOM finds its own. */
  readonly port: number;
  readonly useSsl: boolean;
}

const PORTS: Readonly<Record<string, number>> = { 'https:': 5986, 'http:': 5985, 'dcom:': 135 };

/**
 * Reads a host's address: `https://host` is WS-Management over TLS, `http://host` WS-Management that Kerberos or NTLM seal, `dcom://host`
 * DCOM. The port defaults to WinRM's. Its path and its authorities are Windows' own settings.
 * @throws FailbackError `plan.invalid`
 */
export function parsePowerShellAddress(name: string, address: string): PowerShellConnection {
  const [, scheme = '', host = '', port, path = ''] =
    /^([a-z]+:)\/\/(\[[^\]]+\]|[\p{L}\p{N}._-]+)(?::(\d{1,5}))?(\/.*)?$/iu.exec(address) ?? [];
  const known = PORTS[scheme.toLowerCase()];
  if (known === undefined || host === '') throw invalid(name, 'is not an https://, http:// or dcom:// address');
  const dcom = scheme.toLowerCase() === 'dcom:';
  if (dcom && port !== undefined) throw invalid(name, 'must not have a port: DCOM finds its own');
  if (path !== '' && path !== '/' && (dcom || path !== '/wsman')) throw invalid(name, 'must not have a path: PowerShell asks at /wsman');
  return {
    protocol: dcom ? 'dcom' : 'wsman',
    computerName: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? known : Number(port),
    useSsl: scheme.toLowerCase() === 'https:',
  };
}

function invalid(name: string, what: string): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'plan.invalid',
    message: `The address of host ${name} ${what}`,
    remedy: 'Write it as https://host.example.net:5986, http://host.example.net:5985 or dcom://host.example.net.',
    details: { host: name, sent: false },
  });
}
