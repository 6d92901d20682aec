/**
 * The management stack of one host, as a process that can be killed, stopped and started again on its port: everything that is said to the host
 * goes through it.
 *
 *   gate-process.js PORT TARGET_PORT   says true when it listens
 */
import { TcpLink } from './tcp-link.ts';

await new TcpLink(Number(process.argv[2]), Number(process.argv[3])).open();
process.on('disconnect', () => process.exit());
process.send?.(true);
