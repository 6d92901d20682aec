import { connect, createServer } from 'node:net';
import { Redis } from 'ioredis';

/** Where a local server listens, and the password that proves it is ours. */
export interface Endpoint {
  readonly port: number;
  readonly password: string;
}

export type ProbeResult =
  | { readonly answer: 'ours'; readonly pid: number; readonly loading: boolean }
  /** Nothing listens. */
  | { readonly answer: 'none' }
  /** Something listens that is not our server, or does not answer within three seconds. */
  | { readonly answer: 'foreign' };

export const LOOPBACK = '127.0.0.1';

/** Asks who listens on the endpoint's port. A server is ours when it knows our password and runs from our configuration file. */
export async function probe(endpoint: Endpoint, configFile: string): Promise<ProbeResult> {
  if (!(await listens(endpoint.port))) return { answer: 'none' };
  const redis = new Redis({
    host: LOOPBACK,
    port: endpoint.port,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    commandTimeout: 3000,
    disconnectTimeout: 100,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.auth(endpoint.password);
    const info = await redis.info();
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    if (field('config_file') !== configFile) return { answer: 'foreign' };
    return { answer: 'ours', pid: Number(field('process_id')), loading: field('loading') === '1' };
  } catch {
    return { answer: (await listens(endpoint.port)) ? 'foreign' : 'none' };
  } finally {
    redis.disconnect();
  }
}

/** Whether anything accepts connections on a loopback port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/**
 * A loopback port nobody listens on. Taken from below the range of outgoing connections: a client that keeps trying a closed
 * port inside that range can end up connected to itself and occupy it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const outcome = await new Promise<'free' | 'taken'>((resolve) => {
      server.once('error', () => resolve('taken'));
      server.listen(port, LOOPBACK, () => server.close(() => resolve('free')));
    });
    if (outcome === 'free') return port;
  }
}
