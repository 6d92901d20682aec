import { pino } from 'pino';
import type { MemberSettings } from '../../src/domain/member.ts';
import { createWsmanHost } from '../../src/hyperv/wsman/wsman-host.ts';
import { PLAN_DEFAULTS } from '../../src/plan/plan.ts';
import { createRun } from '../../src/runtime/create-run.ts';
import type { RunHost } from '../../src/runtime/run-record.ts';
import { type RunView, RunViews } from '../../src/runtime/run-view.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

export const quickSettings: MemberSettings = {
  strategy: 'provider',
  recoveryPoint: null,
  retry: { attempts: 5, backoff: 'exponential', delay: 100, max: 1000, jitter: 0.2 },
  timeouts: { call: 10_000, job: 600_000, step: 600_000, doubt: 3_000, settle: 5_000 },
  after: 'none',
  startStates: [6, 5],
  start: true,
  stable: 200,
  probes: [],
  probing: { within: 60_000, every: 200 },
  reverse: { ...PLAN_DEFAULTS.reverse, shutdown: { within: 60_000, turnOff: false }, unseen: 30_000 },
  rto: null,
};

export const quiet = pino({ level: process.env.FAILBACK_LOG ?? 'silent' }, pino.destination(2));

export function runHosts(simulator: Simulator, inFlight = 50): readonly RunHost[] {
  return simulator.hosts.map(({ name, url, username, password, caFile, cluster }) => ({
    name,
    ...(cluster ? { cluster } : {}),
    address: url,
    inFlight,
    connection: { username, password, ...(caFile ? { caFile } : {}) },
  }));
}

/** Connects to a simulated host; its password is no secret. */
export async function connectHost(host: RunHost) {
  const { username, password } = host.connection as { username: string; password: string };
  return createWsmanHost({
    name: host.name,
    address: host.address,
    logOn: { scheme: 'basic', credentials: async () => ({ username, password }) },
    allowUnencrypted: true,
  });
}

export interface StartedRun {
  readonly run: string;
  readonly runtime: Runtime;
  readonly views: RunViews;
}

/** Creates a run of every VM the simulator has. */
export async function runAll(
  runtime: Runtime,
  simulator: Simulator,
  options: { run?: string; settings?: Partial<MemberSettings>; inFlight?: number; perHost?: number; adopt?: boolean } = {},
): Promise<StartedRun> {
  const run = options.run ?? `test-${Math.random().toString(36).slice(2, 8)}`;
  const settings = { ...quickSettings, ...options.settings };
  await createRun(runtime, {
    run,
    plan: 'test',
    createdBy: 'test',
    hosts: runHosts(simulator, options.perHost),
    inFlight: options.inFlight ?? 10_000,
    members: simulator.hosts.flatMap(({ name, vms }) =>
      vms.map((vm) => ({ vm: vm.name, vmId: vm.id, host: name, partner: null, settings })),
    ),
    adopt: options.adopt ?? false,
  });
  return { run, runtime, views: new RunViews(runtime.redis, runtime.keys) };
}

/** Polls until the condition holds; the test's own time limit ends it. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, everyMs = 50): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export function untilFinished({ views, run }: StartedRun): Promise<RunView> {
  return eventually(async () => {
    const view = await views.run(run);
    return view.state === 'finished' && view;
  });
}
