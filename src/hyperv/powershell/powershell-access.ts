import { FailbackError } from '../../domain/failure.ts';
import type { Call } from '../cim/call.ts';
import { type CimAccess, type CimQuery, type MethodParameter, type MethodRequest, operationOf, wqlOf } from '../cim/cim-access.ts';
import { toIsoMoment } from '../cim/cim-datetime.ts';
import { type CimInstance, textOf } from '../cim/cim-instance.ts';
import { CIMV2_NAMESPACE } from '../cim/namespaces.ts';
import { type HostShells, type HostShellsOptions, openShells } from './host-shells.ts';
import { AnswerRefused, readInstance, readInstances } from './script-answer.ts';
import { marked, type ScriptParameter, scriptReference } from './script-request.ts';

export interface PowerShellAccess extends CimAccess, Pick<HostShells, 'prepare' | 'close'> {}

/** Keys of every `CIM_Service`. */
const SERVICE_KEYS = ['SystemCreationClassName', 'SystemName', 'CreationClassName', 'Name'];

/** A host's CIM by the cmdlets of PowerShell. */
export function createPowerShellAccess(options: HostShellsOptions): PowerShellAccess {
  const { host } = options;
  const shells = openShells(options);

  async function query(
    { namespace, className, wql }: CimQuery,
    properties: readonly string[],
    call: Call,
  ): Promise<readonly CimInstance[]> {
    const operation = `Query ${className}`;
    const value = await shells.ask(
      {
        operation,
        sendBy: null,
        request: ({ clockOf }) => ({
          operation: 'query',
          namespace: marked(namespace),
          query: marked(wql),
          properties,
          deadline: clockOf(call.deadline),
        }),
      },
      call,
    );
    return read(host, operation, false, () => readInstances(value));
  }

  const list: CimAccess['list'] = (projection, call) => {
    const { namespace, className, properties } = projection;
    return query({ namespace, className, wql: wqlOf(projection) }, properties, call);
  };

  async function invoke(request: MethodRequest, call: Call): Promise<CimInstance> {
    const { target, method, parameters, change } = request;
    const value = await shells.ask(
      {
        operation: operationOf(request),
        sendBy: change?.sendBy ?? null,
        request: ({ clockOf }) => ({
          operation: 'invoke',
          target: scriptReference(target),
          method,
          parameters: parameters.map(scriptParameter),
          sendBy: change === null ? null : clockOf(change.sendBy),
          deadline: clockOf(call.deadline),
        }),
      },
      call,
    );
    return read(host, operationOf(request), change !== null, () => readInstance(value));
  }

  return {
    host,
    async identify(call) {
      const windows = { namespace: CIMV2_NAMESPACE, className: 'Win32_OperatingSystem', properties: ['Manufacturer', 'LocalDateTime'] };
      // The first answer may have waited for a session to start.
      await list(windows, call);
      const asked = Date.now();
      const [system] = await list(windows, call);
      const answered = Date.now();
      const clock = Date.parse(toIsoMoment((system && textOf(system, 'LocalDateTime')) ?? '') ?? '');
      return {
        productVendor: (system && textOf(system, 'Manufacturer')) ?? null,
        productVersion: null,
        protocolVersion: null,
        tls: null,
        logOn: null,
        clockSkewMs: Number.isNaN(clock) ? null : Math.round(clock - (asked + answered) / 2),
      };
    },
    list,
    query: (what, call) => query(what, [], call),
    async get(object, call) {
      const operation = `Get ${object.className}`;
      const request = { operation: 'get', target: scriptReference(object) } as const;
      const value = await shells.ask(
        { operation, sendBy: null, request: ({ clockOf }) => ({ ...request, deadline: clockOf(call.deadline) }) },
        call,
      );
      return read(host, operation, false, () => readInstance(value));
    },
    async singleton(namespace, className, call) {
      const [service] = await list({ namespace, className, properties: SERVICE_KEYS }, call);
      if (service === undefined) return null;
      const keys = SERVICE_KEYS.flatMap((key) => {
        const value = textOf(service, key);
        return value === null ? [] : [[key, value] as const];
      });
      return { namespace, className, keys: new Map(keys) };
    },
    invoke,
    configuration: async () => null,
    prepare: (call) => shells.prepare(call),
    close: () => shells.close(),
  };
}

/** A moment goes as ISO 8601, which .NET reads; CIM text it does not. */
function scriptParameter(parameter: MethodParameter): ScriptParameter {
  const [name, type, value] = parameter;
  if (type === 'reference') return { name, type, value: scriptReference(value) };
  return { name, type, value: marked(type === 'datetime' ? (toIsoMoment(value) ?? value) : value) };
}

function read<T>(host: string, operation: string, change: boolean, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AnswerRefused)) throw error;
    throw new FailbackError({
      class: change ? 'reconcile' : 'retryable',
      code: 'host.malformed-answer',
      message: `The answer of host ${host} to ${operation} can not be read (${error.message})`,
      remedy: "Report the versions of PowerShell and of the host's Windows.",
      details: { host, operation, sent: true },
    });
  }
}
