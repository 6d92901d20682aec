/** The hosts of a round, in a process of their own: it outlives workers and does as `hosts-job.ts` says. */
import { subscribe } from 'node:diagnostics_channel';
import { readLedger } from '../src/simulator/world/ledger.ts';
import { serveLoopback } from './host/loopback-server.ts';
import { createNullHost } from './host/null-host.ts';
import { RequestCount } from './host/request-count.ts';
import { serveSimulated } from './host/simulated-hosts.ts';
import type { FirstRequests, FromHosts, HostsFigures, HostsJob, ToHosts } from './hosts-job.ts';
import type { BenchHost } from './world.ts';

const count = new RequestCount();
const firsts: Record<number, FirstRequests> = {};
let wire = 0;
let job: HostsJob | undefined;
subscribe('http.server.request.start', () => {
  wire++;
});

async function serve({ kind, hosts, jobMs, ledgerFile }: HostsJob): Promise<readonly BenchHost[]> {
  if (kind === 'wsman') return await serveSimulated({ hosts, jobMs, ledgerFile });
  return await Promise.all(
    hosts.map(async (host) => {
      const served = count.watch(createNullHost({ ...host, jobMs }));
      const address = await serveLoopback(served, (client, method) => {
        const first = firsts[client] ?? { requestAt: Date.now(), callAt: null };
        firsts[client] = first.callAt === null && method === 'initiateFailback' ? { ...first, callAt: Date.now() } : first;
      });
      return { ...host, address };
    }),
  );
}

function figures(): HostsFigures {
  if (job?.kind !== 'wsman') {
    const requests = count.figures();
    return { wire, calls: requests.requests.initiateFailback ?? 0, repeated: requests.repeated, requests, firsts };
  }
  const ledger = readLedger(job.ledgerFile);
  const calls = ledger.calls.filter(({ method }) => method === 'InitiateFailback').length;
  return { wire, calls, repeated: ledger.repeated('InitiateFailback'), requests: null, firsts };
}

const say = (message: FromHosts) => void process.send?.(message);

process.on('message', (message: ToHosts) => {
  switch (message.type) {
    case 'serve':
      job = message.job;
      return void serve(message.job).then((hosts) => say({ type: 'serving', hosts }));
    case 'flight':
      return say({ type: 'flight', calledFor: count.calledFor, underWay: count.underWay });
    case 'figures':
      return say({ type: 'figures', ...figures() });
  }
});
process.once('disconnect', () => process.exit());
