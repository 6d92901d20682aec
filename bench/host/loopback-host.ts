import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { FailbackError } from '../../src/domain/failure.ts';
import type { CallControl, HyperVHost, MachinePower, MethodResult, ReplicationSettings } from '../../src/hyperv/hyperv-host.ts';
import type { HostOptions } from './host-factory.ts';
import { CLIENT_HEADER, type LoopbackMethod, type ObservationText, unpackObservation, unpackSettings } from './loopback-protocol.ts';
import { refusals } from './refused-methods.ts';

/** A host of `loopback-server.ts`, over connections that are kept. */
export function connectLoopback({ name, address }: HostOptions): HyperVHost {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(address);

  const ask = <Answer>(method: LoopbackMethod, parameters: readonly unknown[] = []): Promise<Answer> => {
    const body = JSON.stringify(parameters);
    return new Promise((resolve, reject) => {
      const broken = (cause: unknown): void => reject(unknownOutcome(name, method, cause));
      const headers = { 'content-length': Buffer.byteLength(body), [CLIENT_HEADER]: process.pid };
      request({ agent, hostname, port, method: 'POST', path: `/${method}`, headers }, (response) => {
        readAnswer<Answer>(response).then(resolve, broken);
      })
        .on('error', broken)
        .end(body);
    });
  };
  const call = <Answer>(method: LoopbackMethod, parameters: readonly unknown[], { sendBy }: CallControl): Promise<Answer> => {
    if (performance.now() > sendBy) return Promise.reject(tooLate(name, method));
    return ask(method, parameters);
  };

  return {
    ...refusals(name),
    name,
    prepare: async () => undefined,
    observe: async (scope) => unpackObservation(await ask<ObservationText>('observe', [scope])),
    replicationSettings: async () => unpackSettings(await ask<ReplicationSettings[]>('replicationSettings')),
    powerOf: (vmId) => ask<MachinePower | null>('powerOf', [vmId]),
    jobErrors: (jobId) => ask('jobErrors', [jobId]),
    initiateFailback: (failback, control) => call<MethodResult>('initiateFailback', [failback], control),
    requestStateChange: (vmId, state, control) => call<MethodResult>('requestStateChange', [vmId, state], control),
    close: async () => agent.destroy(),
  };
}

async function readAnswer<Answer>(response: IncomingMessage): Promise<Answer> {
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as Answer;
}

function unknownOutcome(host: string, method: string, cause: unknown): FailbackError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${method} of host ${host} of the benchmark: ${reason}`;
  return new FailbackError({ class: 'reconcile', code: 'host.disconnected', message, details: { sent: true } }, { cause });
}

function tooLate(host: string, method: string): FailbackError {
  const message = `${method} of host ${host} of the benchmark was not sent in time`;
  return new FailbackError({ class: 'retryable', code: 'host.not-sent', message, details: { sent: false } });
}
