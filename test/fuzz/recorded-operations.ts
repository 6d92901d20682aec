import { randomUUID } from 'node:crypto';
import type { CallControl, HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import { type ServedSimulatedHost, startSimulator } from '../../src/simulator/simulator.ts';
import { manualClock } from '../../src/simulator/world/clock.ts';
import { basic, hostAt } from '../hyperv/wsman/hosts.ts';
import { subject } from '../hyperv/wsman/scripted-server.ts';
import { type Relay, startRelay } from './relay.ts';
import { type Sample, sampleOf } from './sample.ts';

/** One answer, as the simulator gave it. */
export interface RecordedAnswer {
  /** Verb and class or method that were asked for. */
  readonly subject: string;
  readonly status: number;
  readonly contentType: string;
  readonly sample: Sample;
}

/** An operation of the port, and all answers it needs. */
export interface RecordedOperation {
  readonly name: string;
  /** Subject of the request that changes something; null for an operation that reads. */
  readonly change: string | null;
  readonly run: (host: Port, limits: Limits) => Promise<unknown>;
  readonly answers: readonly RecordedAnswer[];
}

export type Port = Omit<HyperVHost, 'prepare' | 'close'>;
export type Limits = Pick<CallControl, 'timeoutMs'>;

/** Where the `MessageID` of the request stands in what is played. */
export const RELATED = '00000000-1111-4222-8333-444444444444';
/** For every `MessageID` of the simulator, so that all runs have the same samples. */
const OWN = 'AAAAAAAA-1111-4222-8333-444444444444';

const HOUR = 3_600_000;
const GET = (method: string): string => method.charAt(0).toUpperCase() + method.slice(1);

/** Has a simulated pair of hosts answer every operation of the port once. */
export async function recordOperations(): Promise<RecordedOperation[]> {
  const clock = manualClock();
  const simulator = await startSimulator({ hosts: 1, vms: 1, seed: 7, clock, scenario: SCENARIO });
  const recorded: RecordedOperation[] = [];
  const relays: Relay[] = [];

  /** On a connection of its own, so that everything an operation asks first is part of it. */
  async function record(
    served: ServedSimulatedHost,
    name: keyof Port,
    run: RecordedOperation['run'],
    change: string | null,
  ): Promise<void> {
    const relay = await startRelay(served.url);
    relays.push(relay);
    const host = hostAt(relay.url, { logOn: basic(served.username, served.password) });
    await run(host, {}).finally(() => host.close());
    const answers = relay.exchanges.map(({ request, status, contentType, body }) => ({
      subject: subject({ body: request }),
      status,
      contentType,
      sample: sampleOf(body.replace(/(RelatesTo[^>]*>uuid:)[^<]*/, `$1${RELATED}`).replace(/(MessageID>uuid:)[^<]*/, `$1${OWN}`)),
    }));
    recorded.push({ name, change, run, answers: inOrder(answers, change) });
  }

  try {
    const [away, home] = simulator.hosts as readonly [ServedSimulatedHost, ServedSimulatedHost];
    const idOf = (wanted: string): string => away.vms.find(({ name }) => name === wanted)?.id ?? '';
    const [vmId, pairId, brokenId] = [idOf('vm'), idOf('pair'), idOf('broken')];
    const direct = hostAt(away.url, { logOn: basic(away.username, away.password) });
    const settings = await direct.replicationSettings();
    const settingsOf = (id: string) => settings.get(id) ?? fail(`no settings of ${id}`);
    const failed = await direct.initiateFailback(
      { vmId: brokenId, settings: settingsOf(brokenId), recoveryPointIdentifier: null },
      soon({}),
    );
    clock.advance(HOUR / 60);

    const read = (name: keyof Port, run: RecordedOperation['run'], served = away) => record(served, name, run, null);
    const change = (name: keyof Port, run: RecordedOperation['run'], { on = away, method = GET(name) } = {}) =>
      record(on, name, run, method);

    await read('identify', (host, limits) => host.identify(limits));
    await read('tryRights', (host, limits) => host.tryRights(limits));
    await read('limits', (host, limits) => host.limits(limits));
    await read('replicationProviders', (host, limits) => host.replicationProviders(limits));
    await read('observe', (host, limits) => host.observe({ jobsOfVm: true, statistics: [pairId] }, limits));
    await read('replicationSettings', (host, limits) => host.replicationSettings(limits));
    await read('powerOf', (host, limits) => host.powerOf(vmId, limits));
    await read('heartbeat', (host, limits) => host.heartbeat(pairId, limits));
    await read('replicationStatistics', (host, limits) => host.replicationStatistics(pairId, limits));
    await read('replicatedDiskBytes', (host, limits) => host.replicatedDiskBytes(pairId, limits));
    await read('authorizationEntries', (host, limits) => host.authorizationEntries(limits), home);
    await read('replicationServerSettings', (host, limits) => host.replicationServerSettings(limits), home);
    await read('jobErrors', (host, limits) => host.jobErrors(failed.jobId ?? '', limits));
    const failback = { vmId, settings: settingsOf(vmId), recoveryPointIdentifier: null };
    await change('initiateFailback', (host, limits) => host.initiateFailback(failback, soon(limits)));
    await change('initiateShutdown', (host, limits) => host.initiateShutdown(pairId, { force: false, reason: 'goes home' }, soon(limits)));
    await change('testReplicaSystem', (host, limits) => host.testReplicaSystem(pairId, soon(limits)), { on: home });
    clock.advance(HOUR / 60);
    await read('testReplicaOf', (host, limits) => host.testReplicaOf(pairId, limits), home);
    await read('observe', (host, limits) => host.observe({ jobsOfVm: true }, limits), home);
    const onHome = hostAt(home.url, { logOn: basic(home.username, home.password) });
    const testVmId = (await onHome.testReplicaOf(pairId)) ?? fail('no test replica');
    await change('destroyTestReplica', (host, limits) => host.destroyTestReplica(testVmId, soon(limits)), {
      on: home,
      method: 'DestroySystem',
    });
    await change('requestReplicationStateChange', (host, limits) => host.requestReplicationStateChange(pairId, 4, soon(limits)), {
      method: 'RequestReplicationStateChangeEx',
    });
    await change('initiateFailover', (host, limits) => host.initiateFailover(pairId, null, soon(limits)), { on: home });
    await change('revertFailover', (host, limits) => host.revertFailover(pairId, soon(limits)), { on: home });
    await change('commitFailover', (host, limits) => host.commitFailover(vmId, soon(limits)));
    const reverse = { vmId: pairId, settings: settingsOf(pairId), recoveryConnectionPoint: null, certificateThumbprint: null };
    await change('reverseReplicationRelationship', (host, limits) => host.reverseReplicationRelationship(reverse, soon(limits)));
    await change('startReplication', (host, limits) => host.startReplication(pairId, { type: 3, startTime: null }, soon(limits)));
    await change('resynchronize', (host, limits) => host.resynchronize(pairId, new Date(0), soon(limits)));
    await change('requestStateChange', (host, limits) => host.requestStateChange(vmId, 2, soon(limits)));
    await change('requestJobStateChange', (host, limits) => host.requestJobStateChange(failed.jobId ?? '', 4, soon(limits)), {
      method: 'RequestStateChange',
    });
    await Promise.all([direct.close(), onHome.close()]);
    return recorded;
  } finally {
    await Promise.all(relays.map((relay) => relay.close()));
    await simulator.close();
  }
}

const SCENARIO = {
  hosts: [{ name: 'hv-dr-01' }, { name: 'hv-home-01', role: 'home' as const }],
  vms: [
    { names: ['vm', 'broken'], host: 'hv-dr-01' },
    { names: ['pair'], host: 'hv-dr-01', partner: 'hv-home-01', stage: 'replicating' as const },
  ],
  faults: [{ vm: 'broken', do: { jobException: { atPercent: 1, errorCode: 32768, description: 'The disk <is> "full"' } } }],
};

/** Control of a change that may leave any time soon. */
function soon(limits: Limits): CallControl {
  return { messageId: randomUUID(), sendBy: performance.now() + 30_000, ...limits };
}

/** What is asked at the same time comes in any order; the answer that matters most stands last. */
function inOrder(answers: readonly RecordedAnswer[], change: string | null): RecordedAnswer[] {
  const rank = ({ subject: asked }: RecordedAnswer): string => `${asked.startsWith(`${change} `) ? 1 : 0}${asked}`;
  return answers.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

function fail(what: string): never {
  throw new Error(what);
}
