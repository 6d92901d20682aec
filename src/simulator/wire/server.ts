import { FailbackError } from '../../domain/failure.ts';
import type { CimHost } from '../cim.ts';
import { EnumerationStore } from './enumeration-store.ts';
import { httpFront } from './http-front.ts';
import { InstanceXml } from './instance-xml.ts';
import { Listener, type TlsFiles } from './listener.ts';
import { mustHaveKeys } from './log-on/kerberos-acceptor.ts';
import { LogOns } from './log-on/log-ons.ts';
import type { AuthScheme, LogOnOptions } from './log-on/schemes.ts';

export interface ServeOptions extends LogOnOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly bindAddress?: string;
  /** With them the port speaks HTTPS as well as HTTP. */
  readonly tls?: TlsFiles;
  /** After how many milliseconds of disuse an enumeration context is forgotten. Default 60,000. */
  readonly enumerationIdleMs?: number;
}

export interface ServedHost {
  /** `https://…/wsman` with a certificate, else `http://…/wsman`. */
  readonly url: string;
  readonly port: number;
  readonly auth: readonly AuthScheme[];
  /** Nobody is logged on any more, though connections stay open; as after a restart of WinRM behind the system's HTTP. */
  forgetLogOns(): Promise<void>;
  /** Stops listening, resets what is connected and forgets the host. Doing it twice does no harm. */
  close(): Promise<void>;
}

/**
 * Serves a host over WS-Management at `/wsman`. While the host is down its port refuses connections; it comes back on the same
 * port. Rejects with `usage.invalid` when the port cannot be had, or a scheme lacks what it needs.
 */
export async function serveHost(host: CimHost, options: ServeOptions): Promise<ServedHost> {
  const { port, bindAddress = '127.0.0.1', tls, enumerationIdleMs = 60_000 } = options;
  const wire = { host, instanceXml: new InstanceXml(), enumerations: new EnumerationStore(enumerationIdleMs, () => performance.now()) };
  const logOns = new LogOns(host, options, tls);
  if (options.keytab !== undefined) await mustHaveKeys(options.keytab);
  let power = new AbortController();
  const listener = new Listener(
    { port, bindAddress, tls, asksForCertificate: logOns.schemes.includes('certificate') },
    httpFront(wire, logOns, () => power.signal),
  );
  try {
    await listener.open();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FailbackError(
      {
        class: 'operator',
        code: 'usage.invalid',
        message: `Simulated host ${host.name} cannot listen on ${bindAddress}:${port}: ${reason}`,
        remedy: 'Choose another port or address, or stop the program that holds this one.',
      },
      { cause },
    );
  }
  const goDown = (): void => {
    power.abort();
    listener.shut();
    wire.enumerations.clear();
  };
  const unsubscribe = host.onPower((up) => {
    if (up === !power.signal.aborted) return;
    if (!up) return goDown();
    power = new AbortController();
    listener.reopen();
  });
  if (!host.up) goDown();
  const urlHost = bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${urlHost}:${listener.port}/wsman`,
    port: listener.port,
    auth: logOns.schemes,
    forgetLogOns: () => logOns.forget(),
    close: async () => {
      unsubscribe();
      goDown();
    },
  };
}
