import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { FailbackError } from '../src/domain/failure.ts';
import { type Probe, probesOf } from '../src/domain/member.ts';
import type { Effect, EffectContext } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** The longest one probe may take, milliseconds. */
const PROBE_MS = 10_000;
/** Of what a script says, this much is told. */
const MOST_WORDS = 200;

/**
 * Asks the started VM everything the plan wants to be asked, all of it at the same time. Changes nothing, so it does not matter
 * how often it is done.
 * @throws FailbackError `verify.failed` (retryable) naming the probes that did not pass
 */
export const probe: Effect = {
  name: 'probe',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: async (context) => {
    const probes = probesOf(context.member.settings);
    const vmId = await probedVm(context);
    const answers = await Promise.all(probes.map((one) => ask(one, context, vmId)));
    const failed = answers.flatMap((why, n) => (why === null ? [] : [`${describeProbe(probes[n] as Probe)}: ${why}`]));
    if (failed.length > 0) throw notPassed(context.member.vm, failed);
    return { returnValue: 0, jobId: null };
  },
};

/** A drill asks its test replica. */
async function probedVm({ host, member }: EffectContext): Promise<string> {
  if (member.settings.strategy !== 'drill') return member.vmId;
  const testVmId = await host.testReplicaOf(member.vmId, { timeoutMs: PROBE_MS });
  if (testVmId === null) throw notPassed(member.vm, ['its test replica is gone']);
  return testVmId;
}

/** "tcp sql01.example.net:1433". */
function describeProbe(one: Probe): string {
  switch (one.kind) {
    case 'heartbeat':
      return 'heartbeat';
    case 'tcp':
      return `tcp ${one.address}`;
    case 'http':
      return `http ${one.url}`;
    case 'script':
      return `script ${one.path}`;
  }
}

/** Null when it passed, else why not. */
async function ask(one: Probe, { host, member }: EffectContext, vmId: string): Promise<string | null> {
  try {
    switch (one.kind) {
      case 'heartbeat': {
        const beat = await host.heartbeat(vmId, { timeoutMs: PROBE_MS });
        return beat === 'ok' ? null : beat;
      }
      case 'tcp':
        return await opens(one.address);
      case 'http':
        return await answers(one.url, one.status);
      case 'script':
        return await endsWell(one, { FAILBACK_VM: member.vm, FAILBACK_VM_ID: vmId, FAILBACK_HOST: host.name });
    }
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

function opens(address: string): Promise<string | null> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)), timeout: PROBE_MS });
    const end = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.on('connect', () => end(null));
    socket.on('timeout', () => end('no answer'));
    socket.on('error', (error) => end(error.message));
  });
}

async function answers(url: string, wanted: number | null): Promise<string | null> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PROBE_MS) });
  await response.body?.cancel();
  const good = wanted === null ? response.status < 400 : response.status === wanted;
  return good ? null : `status ${response.status}`;
}

function endsWell({ path, args }: Extract<Probe, { kind: 'script' }>, about: Readonly<Record<string, string>>): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: PROBE_MS, env: { PATH: process.env.PATH, ...about } }, (error, _stdout, stderr) => {
      if (!error) return resolve(null);
      const how = error.killed ? 'no end' : error.code === undefined ? error.message : `ended with ${error.code}`;
      resolve([how, stderr.trim().slice(0, MOST_WORDS)].filter(Boolean).join(', '));
    });
  });
}

function notPassed(vm: string, failed: readonly string[]): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'verify.failed',
    message: `${vm} runs, but ${failed.length === 1 ? 'a probe does' : `${failed.length} probes do`} not pass: ${failed.join('; ')}`,
    remedy: 'Look at the VM and what the probe asks for. Retry probes again.',
    details: { sent: false },
  });
}
