/**
 * The network between workers, hosts and Redis, as a process: one link for each worker and each of its peers. Told `{ name, mode }`, it cuts a
 * link or mends it.
 *
 *   network-process.js '[{ "name": "worker-0>redis", "target": 6379 }]'   answers with the port of each link by name
 */
import { freePort } from '../../src/redis/local-endpoint.ts';
import { type LinkMode, TcpLink } from './tcp-link.ts';

export interface LinkOrder {
  readonly name: string;
  readonly mode: LinkMode;
}

const wanted = JSON.parse(process.argv[2] ?? '[]') as readonly { readonly name: string; readonly target: number }[];
const links = new Map<string, TcpLink>();
for (const { name, target } of wanted) {
  const link = new TcpLink(await freePort(), target);
  await link.open();
  links.set(name, link);
}
process.on('message', ({ name, mode }: LinkOrder) => void links.get(name)?.change(mode));
process.on('disconnect', () => process.exit());
process.send?.(Object.fromEntries([...links].map(([name, { port }]) => [name, port])));
