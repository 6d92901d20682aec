import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../../src/domain/failure.ts';
import type { CallControl, HyperVHost, ReplicationSettings } from '../../../src/hyperv/hyperv-host.ts';
import type { LogOn } from '../../../src/hyperv/wsman/log-on/log-on.ts';
import type { Credentials } from '../../../src/hyperv/wsman/secrets.ts';
import { createWsmanHost, type WsmanHostOptions } from '../../../src/hyperv/wsman/wsman-host.ts';

export const PASSWORD = 'S3cret & <Passw0rd>!';
export const VM = '6B2F0C7E-0000-4000-8000-00000000CAFE';

/** A host at an address of the test, with settings that suit a scripted server. */
export function hostAt(address: string, options: Partial<WsmanHostOptions> = {}): HyperVHost {
  return createWsmanHost({ name: 'hv-test', address, allowUnencrypted: true, logOn: basic('hvadmin', PASSWORD), ...options });
}

/** A log-on by Basic authentication. */
export function basic(username: string, password: string): LogOn {
  return basicOf(async () => ({ username, password }));
}

export function basicOf(credentials: () => Promise<Credentials>): LogOn {
  return { scheme: 'basic', credentials };
}

/** Control of a change that may leave any time soon. */
export function soon(control: Partial<CallControl> = {}): CallControl {
  return { messageId: randomUUID(), sendBy: performance.now() + 30_000, timeoutMs: 10_000, ...control };
}

/** The FailbackError a call ends with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<FailbackError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FailbackError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail');
}

export const SETTINGS: ReplicationSettings = {
  vmId: VM,
  providerId: null,
  primaryConnectionPoint: 'hv-home.example.net',
  recoveryConnectionPoint: 'hv-dr.example.net',
  primaryHostSystem: null,
  recoveryHostSystem: null,
  replicationInterval: 300,
  properties: [
    { name: 'InstanceID', type: 'string', value: `Microsoft:${VM}\\HVR\\0` },
    { name: 'RecoveryConnectionPoint', type: 'string', value: 'hv-dr.example.net' },
    { name: 'ReplicationInterval', type: 'uint16', value: '300' },
    { name: 'AdditionalSettings', type: 'string', value: null },
    { name: 'IncludedDisks', type: 'string', value: ['disk <1> & "a"'] },
  ],
};
