import { z } from 'zod';
import { FailbackError } from '../domain/failure.ts';
import type { PlanHost } from '../plan/plan.ts';
import type { RunHost } from '../runtime/run-record.ts';

const connectionSchema = z.object({
  transport: z.literal('wsman'),
  auth: z.literal('basic'),
  /** The password is a reference (`env:NAME`, `file:PATH`), never the password itself. */
  credentials: z.object({ username: z.string(), password: z.string() }),
  tls: z.object({ caFile: z.string().nullable(), fingerprint: z.string().nullable() }),
  allowUnencrypted: z.boolean(),
});

/** How to reach a host, as it is kept with a run. Holds no secret. */
export type HostConnection = z.infer<typeof connectionSchema>;

/** A plan's host as a run keeps it. */
export function runHostOf({
  name,
  address,
  limits,
  cluster,
  broker,
  replicaCertificate,
  transport,
  auth,
  credentials,
  tls,
  allowUnencrypted,
}: PlanHost): RunHost {
  const connection: HostConnection = { transport, auth, credentials: { ...credentials }, tls: { ...tls }, allowUnencrypted };
  const inCluster = { ...(cluster === null ? {} : { cluster }), ...(broker === null ? {} : { broker }) };
  const certificate = replicaCertificate === null ? {} : { certificate: replicaCertificate };
  return { name, address, inFlight: limits.inFlight, transfers: limits.transfers, ...inCluster, ...certificate, connection };
}

/** @throws FailbackError `plan.invalid` for a connection another version wrote in another way */
export function readConnection(host: RunHost): HostConnection {
  const result = connectionSchema.safeParse(host.connection);
  if (result.success) return result.data;
  throw new FailbackError({
    class: 'operator',
    code: 'plan.invalid',
    message: `this version can not read how host ${host.name} is to be reached`,
    remedy: 'Let a worker of the version that started the run finish it.',
  });
}
