import { resolve } from 'node:path';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import { createPowerShellHost } from '../../src/hyperv/powershell/powershell-host.ts';
import type { LogOn } from '../../src/hyperv/wsman/log-on/log-on.ts';
import { createWsmanHost } from '../../src/hyperv/wsman/wsman-host.ts';
import type { ServedSimulatedHost } from '../../src/simulator/simulator.ts';
import type { ToHosts } from './hosts-job.ts';
import type { Realm } from './realm.ts';

/** A way to reach hosts and to log on there. */
export interface Way {
  readonly name: string;
  readonly hosts: ToHosts['options'];
  /** @param connections at a time */
  readonly open: (served: ServedSimulatedHost, connections: number) => HyperVHost;
}

/** Stands in for the commands of CIM, which are on Windows only. */
const CIM_MODULE = resolve('test', 'hyperv', 'powershell', 'cim-module', 'SimulatedCim.psm1');

/**
 * All that can be had here.
 * @param realm null: not Kerberos
 * @param executable PowerShell; null: not PowerShell
 */
export function waysTo(realm: Realm | null, executable: string | null): readonly Way[] {
  return [
    wsman('Basic, HTTP', { auth: ['basic'] }, byPassword('basic')),
    wsman('Basic, TLS', { auth: ['basic'], tls: true }, byPassword('basic')),
    wsman('certificate, TLS', { auth: ['certificate'], tls: true }, byCertificate),
    wsman('NTLM, sealed', { auth: ['negotiate'] }, byPassword('ntlm')),
    wsman('NTLM, TLS', { auth: ['negotiate'], tls: true }, byPassword('ntlm')),
    ...(realm === null
      ? []
      : [
          wsman('Kerberos, sealed', { auth: ['kerberos'], keytab: realm.keytab }, () => realm.logOn),
          wsman('Kerberos, TLS', { auth: ['kerberos'], keytab: realm.keytab, tls: true }, () => realm.logOn),
        ]),
    ...(executable === null ? [] : [powershell(executable)]),
  ];
}

function wsman(name: string, hosts: Way['hosts'], logOnTo: (served: ServedSimulatedHost) => LogOn): Way {
  return {
    name,
    hosts,
    open: (served, maxSockets) =>
      createWsmanHost({
        name: served.name,
        address: served.url,
        logOn: logOnTo(served),
        allowUnencrypted: true,
        maxSockets,
        tls: served.caFile === undefined ? {} : { caFiles: [served.caFile] },
      }),
  };
}

function powershell(executable: string): Way {
  return {
    name: 'PowerShell',
    hosts: { auth: ['basic'] },
    open: ({ name, url, username, password }, sessions) =>
      createPowerShellHost({
        name,
        address: url,
        executable,
        credentials: async () => ({ username, password }),
        authentication: 'Basic',
        sessions,
        modules: [CIM_MODULE],
      }),
  };
}

function byPassword(scheme: 'basic' | 'ntlm') {
  return ({ username, password }: ServedSimulatedHost): LogOn => ({ scheme, credentials: async () => ({ username, password }) });
}

function byCertificate({ clientCertificate = '', clientKey = '' }: ServedSimulatedHost): LogOn {
  return { scheme: 'certificate', certificateFile: clientCertificate, keyFile: clientKey, passphrase: null };
}
