import { startCall } from '../cim/call.ts';
import { createCimHost } from '../cim/cim-host.ts';
import type { HyperVHost } from '../hyperv-host.ts';
import { openSession, type WsmanHostOptions } from './host-session.ts';
import { createWsmanAccess } from './wsman-access.ts';

export type { WsmanHostOptions } from './host-session.ts';

/**
 * A Hyper-V host reached by WS-Management (WinRM). Opens no connection before the first call.
 * @throws FailbackError `plan.invalid` for options that cannot be used
 */
export function createWsmanHost(options: WsmanHostOptions): HyperVHost {
  const session = openSession(options);
  return {
    ...createCimHost(createWsmanAccess(session, options.uriBase ?? 'wmi')),
    prepare: (call) => session.prepare(startCall(call)),
    close: () => session.close(),
  };
}
