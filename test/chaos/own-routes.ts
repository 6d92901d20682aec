/**
 * Preloaded into a worker: its connections to the ports in `CHAOS_ROUTES` (JSON, port to port) take the worker's own ways through the network.
 * All workers read the same addresses in the plan, and yet one of them alone can be cut off.
 */
import { Socket } from 'node:net';

const routes = new Map(Object.entries(JSON.parse(process.env.CHAOS_ROUTES ?? '{}') as Record<string, number>));
const { connect } = Socket.prototype as { connect: (this: Socket, ...args: unknown[]) => Socket };

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  // Either options, or what `net.connect` made of its own arguments: a list with options and a listener.
  const list = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const options = list[0] as { readonly port?: number | string } | undefined;
  const route = routes.get(String(options?.port));
  // A copy: the options are also what an agent knows its connections by.
  if (route !== undefined) list[0] = { ...options, port: route };
  return connect.apply(this, args);
} as typeof Socket.prototype.connect;
