import { FailbackError } from '../domain/failure.ts';
import { type HostAccess, hostAccess } from '../plan/host-access.ts';
import type { PlanHost } from '../plan/plan.ts';
import type { RunHost } from '../runtime/run-record.ts';

/** A plan's host as a run keeps it. */
export function runHostOf({ name, address, limits, cluster, broker, replicaCertificate, access }: PlanHost): RunHost {
  const inCluster = { ...(cluster === null ? {} : { cluster }), ...(broker === null ? {} : { broker }) };
  const certificate = replicaCertificate === null ? {} : { certificate: replicaCertificate };
  return { name, address, inFlight: limits.inFlight, transfers: limits.transfers, ...inCluster, ...certificate, connection: access };
}

/**
 * How a host of a run is to be reached.
 * @throws FailbackError `plan.invalid` for a connection another version wrote in another way
 */
export function readConnection(host: RunHost): HostAccess {
  const result = hostAccess.safeParse(host.connection);
  if (result.success) return result.data;
  throw new FailbackError({
    class: 'operator',
    code: 'plan.invalid',
    message: `this version can not read how host ${host.name} is to be reached`,
    remedy: 'Let a worker of the version that started the run finish it.',
  });
}
